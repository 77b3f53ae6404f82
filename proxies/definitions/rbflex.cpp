// Three inputs run one at a time. Rows of K are what all ReLUs return, rows of
// Q what enters the last layer; each column is scaled to [0, 1] over the three.
// The kernels exp(-g |x_i - x_j|^2) have the widths that the authors' program
// found once, on NATS-SSS, and uses everywhere. As in naswot, a module counts
// that is called so: AutoDL's ReLUConvBN beside the ReLU in it, and what it
// returns is what its BatchNorm does.
//
// With such widths all entries are nearly 1 and a determinant is nearly that of
// the squared distances; it is taken from 1 - k, which loses no digits.
#include <ATen/core/grad_mode.h>

#include <array>
#include <string>
#include <vector>

#include "proxies/engine/observer.h"

namespace zcp::definitions {
namespace {

constexpr std::int64_t kInputs = 3;
constexpr double kWidthOfReLUs = 2.68690173088039e-12;
constexpr double kWidthOfLast = 1.02460061284506e-11;

using networks::LayerCall;
using networks::LayerKind;

/// Squared distances between inputs 0 and 1, 0 and 2, 1 and 2, float64 [3], of
/// one layer, of which `rows` holds what each input gives.
at::Tensor distances_of(const std::array<at::Tensor, kInputs>& rows) {
  const at::Tensor x = at::stack(rows).reshape({kInputs, -1}).to(at::kDouble);
  const at::Tensor low = x.amin(0);
  const at::Tensor range = x.amax(0) - low;
  // A column in which all are equal sets none apart.
  const at::Tensor scaled =
      (x - low) / at::where(range > 0, range, at::ones_like(range));
  return at::stack(
      {(scaled[0] - scaled[1]).square().sum(),
       (scaled[0] - scaled[2]).square().sum(),
       (scaled[1] - scaled[2]).square().sum()});
}

/// log of the determinant of the kernel; minus infinity or not a number where
/// it is 0.
at::Tensor log_determinant(const at::Tensor& distances, double width) {
  const at::Tensor apart = at::expm1(distances * -width).neg();
  // Less the last row and column: the kernel's determinant is that of a 2 x 2
  // matrix of small numbers.
  const at::Tensor a = apart[1];
  const at::Tensor b = apart[2];
  const at::Tensor mixed = a + b - apart[0] - a * b;
  return ((2 * a - a * a) * (2 * b - b * b) - mixed * mixed).log();
}

/// The output of a module whose name has ReLU, and how many there are of it.
struct Named {
  at::Tensor output;
  int times;
};

/// Whether two tensors are the same numbers in memory: a layer may record an
/// alias of what it reads.
bool same(const at::Tensor& one, const at::Tensor& other) {
  return one.defined() && other.defined() &&
         one.data_ptr() == other.data_ptr() && one.sizes() == other.sizes();
}

/// ReLUConvBNs around a ReLU: BatchNorms that read a convolution of it.
std::vector<Named> wrappers_of(
    const LayerCall& relu,
    const std::vector<LayerCall>& calls) {
  std::vector<Named> found;
  if (relu.uses < 2) return found;
  for (const LayerCall& convolution : calls) {
    if (convolution.kind != LayerKind::conv ||
        !same(convolution.input, relu.output)) {
      continue;
    }
    for (const LayerCall& norm : calls) {
      if (norm.kind == LayerKind::batch_norm &&
          same(norm.input, convolution.output)) {
        found.push_back({norm.output, norm.merged});
      }
    }
  }
  return found;
}

std::vector<Named> named_outputs(const std::vector<LayerCall>& calls) {
  std::vector<Named> all;
  for (const LayerCall& call : calls) {
    if (call.kind != LayerKind::relu) continue;
    const std::vector<Named> wrappers = wrappers_of(call, calls);
    int inside = call.uses;
    for (const Named& wrapper : wrappers) inside -= wrapper.times;
    all.push_back({call.output, inside});
    all.insert(all.end(), wrappers.begin(), wrappers.end());
  }
  return all;
}

/// What enters the last layer with weights that the output depends on;
/// undefined without any.
at::Tensor last_input(const std::vector<LayerCall>& calls) {
  at::Tensor input;
  for (const LayerCall& call : calls) {
    const bool layer =
        call.kind == LayerKind::linear || call.kind == LayerKind::conv;
    if (layer && call.live) input = call.input;
  }
  return input;
}

engine::Score rbflex_score(const engine::Setting& setting) {
  const at::NoGradGuard no_grad;
  const at::Tensor& x = setting.minibatches[0].x;
  if (x.size(0) < kInputs) {
    return engine::Score::degenerate(
        "takes three inputs, found a --batch-size of " +
        std::to_string(x.size(0)));
  }
  std::array<std::vector<Named>, kInputs> named;
  std::array<at::Tensor, kInputs> last;
  for (std::size_t n = 0; n < kInputs; ++n) {
    const auto first = static_cast<std::int64_t>(n);
    networks::Recording recording;
    setting.network->forward(
        x.slice(0, first, first + 1),
        networks::BatchNormMode::batch_statistics,
        &recording);
    named[n] = named_outputs(recording.calls);
    last[n] = last_input(recording.calls);
  }
  if (named[0].empty()) return engine::Score::degenerate("no ReLU");
  if (!last[0].defined()) {
    return engine::Score::degenerate("no layer with weights");
  }
  at::Tensor relus;
  for (std::size_t i = 0; i < named[0].size(); ++i) {
    const at::Tensor own =
        named[0][i].times *
        distances_of(
            {named[0][i].output, named[1].at(i).output, named[2].at(i).output});
    relus = relus.defined() ? relus + own : own;
  }
  return engine::score_of(
      static_cast<double>(kInputs) *
          (log_determinant(relus, kWidthOfReLUs) +
           log_determinant(distances_of(last), kWidthOfLast)),
      "the network does not tell the inputs apart, or an activation is not "
      "finite");
}

}  // namespace

engine::Descriptor rbflex() {
  engine::Descriptor d;
  d.family = "kernels";
  d.formula = "3 (log |K| + log |Q|), kernels of ReLUs and of the last input";
  d.published = "higher";
  d.needs = {
      .pass = engine::PassKind::own,
      .minibatches = 1,
      .folding = graph::Folding::as_declared,
      .numbers_an_output = 0.1};  // three inputs, one after another
  d.dtype = "float64";
  d.degenerate = "no ReLU; inputs that are not told apart; a batch below 3";
  d.variant = "authors', the first three inputs, widths as in their program";
  d.paper = "https://arxiv.org/abs/2503.22733";
  d.reference = "tomomasayamasaki/RBFleX-NAS: RBFleX_NAS-Bench-201.py";
  d.bfloat16_tau = 0.876;
  d.make = engine::from_setting(rbflex_score);
  return d;
}

}  // namespace zcp::definitions
