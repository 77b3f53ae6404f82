// x_r are the inputs of ReLU r, and w_r = 2^i for cell i = 0, 1, ... and
// 2^(number of cells) for the last ReLU; without blocks every weight is 1. A
// correlation with a nan is left out.
#include <cmath>

#include "proxies/engine/observer.h"
#include "proxies/reductions/code_kernel.h"
#include "proxies/reductions/correlation.h"
#include "proxies/reductions/sample_axis.h"

namespace zcp::definitions {
namespace {

/// Adds weight * |correlation| between the samples, or 0 where that has a nan.
/// The choice is made on the device, which need not be waited for.
void add_correlation(
    const at::Tensor& values,
    double weight,
    at::Tensor& kernel) {
  const at::Tensor correlation =
      reductions::row_correlation(values.flatten(1).to(at::kDouble)).abs();
  const at::Tensor usable = at::isfinite(correlation).all();
  const at::Tensor term =
      at::where(usable, weight * correlation, at::zeros_like(correlation));
  kernel = kernel.defined() ? kernel + term : term;
}

/// The recorded ReLU stands for all the ReLUs that read the same tensor. Each
/// of them has one reader, whose input gradient is the gradient of that ReLU.
void add_relu(
    const engine::Pass& pass,
    bool cells,
    std::size_t index,
    at::Tensor& kernel) {
  const auto& calls = pass.recording.calls;
  const networks::LayerCall& relu = calls[index];
  const at::Tensor input = relu.input.detach();
  // Block 0 is the stem, whose output the first cell reads.
  const double weight = cells ? std::ldexp(1.0, relu.block - 1) : 1;
  // Where the ReLU (or ReLU6) passes its input on.
  const at::Tensor output = relu.output.detach();
  const at::Tensor active = (output > 0).logical_and(output == input);
  bool read_by_layers = false;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (!calls[i].own_input ||
        calls[i].input.data_ptr() != relu.output.data_ptr()) {
      continue;
    }
    read_by_layers = true;
    add_correlation(input, weight, kernel);
    if (pass.reader_gradients[i].defined()) {
      add_correlation(pass.reader_gradients[i] * active, weight, kernel);
    }
  }
  if (read_by_layers) return;
  add_correlation(input, weight, kernel);
  if (pass.output_gradients[index].defined()) {
    add_correlation(pass.output_gradients[index] * active, weight, kernel);
  }
}

}  // namespace

engine::Descriptor wrcor() {
  engine::Descriptor d;
  d.family = "codes";
  d.formula = "log |det sum of w_r (|corr(x_r)| + |corr(dL/dx_r)|)|";
  d.published = "higher";
  d.needs = {
      .pass = engine::PassKind::minibatch,
      .labels = true,
      .activation_gradients = true,
      .activations = true,
      .folding = graph::Folding::as_declared};
  d.dtype = "float64";
  d.degenerate = "two inputs whose rows of K are equal, or no ReLU";
  d.variant = "authors'";
  d.paper = "https://arxiv.org/abs/2410.04975";
  d.reference =
      "kunjing96/ZSNAS-WRCor: "
      "foresight/pruners/measures/act_grad_cor_weighted.py";
  d.make = reductions::with_samples_first(
      &reductions::is_relu,
      engine::from_pass(
          [](const engine::Pass& pass, const engine::Setting& setting) {
            // The blocks of an exported program are no cells of a benchmark.
            const bool cells =
                setting.graph != nullptr && !pass.recording.blocks.empty();
            at::Tensor kernel;
            for (std::size_t i = 0; i < pass.recording.calls.size(); ++i) {
              const networks::LayerCall& call = pass.recording.calls[i];
              if (call.kind == networks::LayerKind::relu)
                add_relu(pass, cells, i, kernel);
            }
            return reductions::log_determinant(kernel);
          }));
  return d;
}

}  // namespace zcp::definitions
