// ntk_condition = -lambda_max / lambda_min of the neural tangent kernel Theta =
// G G^T, row n of G the gradient of the sum of sample n's logits with respect
// to every parameter whose name holds "weight" (BatchNorm scales too). The
// authors' lower is better, hence the sign.
// TE-NAS, Chen et al., ICLR 2021, https://arxiv.org/abs/2102.11535;
// VITA-Group/TENAS: lib/procedures/ntk.py
// BatchNorm in train mode couples the samples: sample n's logits depend on
// every sample's activations, so a backward pass a sample is what the
// definition costs.
#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/tangent_kernel.h"

namespace zcp::definitions {
namespace {

class NtkCondition final : public engine::Observer {
 public:
  explicit NtkCondition(const engine::Setting& setting) : setting_(setting) {}

  engine::Score finish() override {
    const at::Tensor kernel = reductions::neural_tangent_kernel(
        *setting_.network, setting_.minibatches[0].x);
    const at::Tensor lambda = at::linalg_eigvalsh(kernel).cpu();
    const double least = lambda[0].item<double>();
    const double largest = lambda[-1].item<double>();
    if (!(least > 1e-14 * largest)) {
      return engine::Score::degenerate("the kernel is singular");
    }
    return engine::Score::of(-largest / least);
  }

 private:
  const engine::Setting setting_;
};

}  // namespace

engine::Descriptor ntk_condition() {
  engine::Descriptor d;
  d.name = "ntk_condition";
  d.family = "gradient statistics";
  d.formula = "-lambda_max / lambda_min of the NTK";
  d.published = "lower";
  d.needs.pass = engine::PassKind::own;
  d.needs.minibatches = 1;
  d.needs.initialiser = initialisers::Initialiser::kaiming_normal_fan_out;
  d.needs.detail = "a backward pass a sample";
  d.dtype = "float64 kernel";
  d.degenerate = "lambda_min not above 1e-14 lambda_max";
  d.variant = "TE-NAS, one repetition; negated";
  d.paper = "https://arxiv.org/abs/2102.11535";
  d.reference = "VITA-Group/TENAS: lib/procedures/ntk.py";
  d.make = [](const engine::Setting& setting) {
    return std::make_unique<NtkCondition>(setting);
  };
  return d;
}

}  // namespace zcp::definitions
