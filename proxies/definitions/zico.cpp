// zico = sum over convolution and linear layers of log sum_w m_w / s_w, with
// m the mean over minibatches of |dL/dw| and s the population standard
// deviation of dL/dw. Elements with s = 0 do not count, layers without any
// neither.
// Li et al., ICLR 2023, https://arxiv.org/abs/2301.11300
// SLDGroup/ZiCo: ZeroShotProxy/compute_zico.py (the paper's text has the
// deviation of |dL/dw|; the code, followed here, that of the signed gradient)
#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/gradient_history.h"

namespace zcp::definitions {
namespace {

class Zico final : public engine::Observer {
 public:
  void observe(const engine::Pass& pass) override { gradients_.add(pass); }
  engine::Score finish() override { return reductions::zico_score(gradients_); }

 private:
  reductions::GradientHistory gradients_;
};

}  // namespace

engine::Descriptor zico() {
  engine::Descriptor d;
  d.name = "zico";
  d.family = "gradient statistics";
  d.formula = "sum over layers of log sum_w mean|dL/dw| / std(dL/dw)";
  d.published = "higher";
  d.needs.pass = engine::PassKind::minibatch;
  d.needs.minibatches = 2;
  d.needs.all_minibatches = true;
  d.needs.labels = true;
  d.needs.parameter_gradients = true;
  d.dtype = "float64 statistics";
  d.degenerate = "a gradient that is not finite; 0 for a constant network";
  d.variant = "authors' code: deviation of the signed gradient, no BatchNorm";
  d.paper = "https://arxiv.org/abs/2301.11300";
  d.reference = "SLDGroup/ZiCo: ZeroShotProxy/compute_zico.py";
  d.make = [](const engine::Setting&) { return std::make_unique<Zico>(); };
  return d;
}

}  // namespace zcp::definitions
