// The NTK is G G^T, row n of G the gradient of the sum of sample n's logits
// with respect to every parameter whose name holds "weight" (BatchNorm scales
// too). BatchNorm in train mode couples the samples: sample n's logits depend
// on every sample's activations, so the definition costs a backward pass a
// sample.
#include "proxies/engine/observer.h"
#include "proxies/reductions/spectrum.h"
#include "proxies/reductions/tangent_kernel.h"

namespace zcp::definitions {

engine::Descriptor ntk_condition() {
  engine::Descriptor d;
  d.family = "gradient statistics";
  d.formula = "-lambda_max / lambda_min of the NTK";
  d.published = "lower";
  d.needs = {
      .pass = engine::PassKind::own,
      .minibatches = 1,
      .numbers_a_parameter = 1,  // one sample's gradient
      .initialiser = initialisers::Initialiser::kaiming_normal_fan_out,
      .detail = "a backward pass a sample"};
  d.dtype = "float64 kernel";
  d.degenerate = "lambda_min not above 1e-14 lambda_max";
  d.variant = "TE-NAS, one repetition; negated";
  d.paper = "https://arxiv.org/abs/2102.11535";
  d.reference = "VITA-Group/TENAS: lib/procedures/ntk.py";
  d.make = engine::from_setting([](const engine::Setting& setting) {
    const at::Tensor kernel = *reductions::neural_tangent_kernel(setting);
    const at::Tensor lambda = reductions::eigenvalues(kernel).cpu();
    const double least = lambda[0].item<double>();
    const double largest = lambda[-1].item<double>();
    if (!(least > 1e-14 * largest)) {
      return engine::Score::degenerate("the kernel is singular");
    }
    return engine::Score::of(-largest / least);
  });
  return d;
}

}  // namespace zcp::definitions
