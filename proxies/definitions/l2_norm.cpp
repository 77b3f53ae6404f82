// l2_norm = sum over convolution and linear weights of ||W||_2 at
// initialisation: a size proxy in disguise.
// NASLib: naslib/predictors/utils/pruners/measures/l2_norm.py
#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"

namespace zcp::definitions {
namespace {

class L2Norm final : public engine::Observer {
 public:
  explicit L2Norm(const networks::Network& network) : network_(network) {}

  engine::Score finish() override {
    std::vector<at::Tensor> norms;
    for (const auto& parameter : network_.parameters()) {
      if (parameter.is_layer_weight()) {
        norms.push_back(parameter.value.detach().to(at::kDouble).norm());
      }
    }
    if (norms.empty()) return engine::Score::degenerate("no layer has weights");
    return engine::score_of(at::stack(norms).sum(), "a weight is not finite");
  }

 private:
  const networks::Network& network_;
};

}  // namespace

engine::Descriptor l2_norm() {
  engine::Descriptor d;
  d.name = "l2_norm";
  d.family = "size";
  d.formula = "sum over layers of ||W||_2";
  d.published = "higher";
  d.needs.pass = engine::PassKind::weights;
  d.needs.folding = graph::Folding::as_declared;
  d.dtype = "float64 sums";
  d.degenerate = "never";
  d.variant = "NASLib; layers whose output nothing reads count";
  d.paper = "https://arxiv.org/abs/2101.08134";
  d.reference =
      "automl/NASLib: naslib/predictors/utils/pruners/measures/l2_norm.py";
  d.make = [](const engine::Setting& setting) {
    return std::make_unique<L2Norm>(*setting.network);
  };
  return d;
}

}  // namespace zcp::definitions
