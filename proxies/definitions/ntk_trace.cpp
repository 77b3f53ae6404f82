// ntk_trace = sqrt(trace(Theta) / number of samples), Theta as in
// ntk_condition.
// Auto-Prox and EMQ, https://arxiv.org/abs/2307.10554; lilujunai/EMQ-series:
// measures.
// BatchNorm in train mode couples the samples: sample n's logits depend on
// every sample's activations, so a backward pass a sample is what the
// definition costs.
#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/tangent_kernel.h"

namespace zcp::definitions {
namespace {

class NtkTrace final : public engine::Observer {
 public:
  explicit NtkTrace(const engine::Setting& setting) : setting_(setting) {}

  engine::Score finish() override {
    const at::Tensor kernel = reductions::neural_tangent_kernel(
        *setting_.network, setting_.minibatches[0].x);
    return engine::score_of(
        (kernel.trace() / static_cast<double>(kernel.size(0))).sqrt(),
        "a gradient is not finite");
  }

 private:
  const engine::Setting setting_;
};

}  // namespace

engine::Descriptor ntk_trace() {
  engine::Descriptor d;
  d.name = "ntk_trace";
  d.family = "gradient statistics";
  d.formula = "sqrt(trace of the NTK / samples)";
  d.published = "higher";
  d.needs.pass = engine::PassKind::own;
  d.needs.minibatches = 1;
  d.needs.initialiser = initialisers::Initialiser::kaiming_normal_fan_out;
  d.needs.detail = "a backward pass a sample";
  d.dtype = "float64 kernel";
  d.degenerate = "a gradient that is not finite";
  d.variant = "Auto-Prox and EMQ";
  d.paper = "https://arxiv.org/abs/2307.10554";
  d.reference = "lilujunai/EMQ-series: measures";
  d.make = [](const engine::Setting& setting) {
    return std::make_unique<NtkTrace>(setting);
  };
  return d;
}

}  // namespace zcp::definitions
