// The code of a sample is 1[x > 0] over the units of the ReLUs. The authors'
// function is hook_logdet of scores.py.
#include "proxies/engine/observer.h"
#include "proxies/reductions/code_kernel.h"
#include "proxies/reductions/sample_axis.h"

namespace zcp::definitions {

engine::Descriptor naswot() {
  engine::Descriptor d;
  d.family = "codes";
  d.formula = "log |det K|, K_ij = units - Hamming distance of ReLU codes";
  d.published = "higher";
  d.needs = {.pass = engine::PassKind::minibatch, .codes = true};
  d.dtype = "exact integers, determinant in float64";
  d.degenerate = "two inputs with equal codes (K is singular), or no ReLU";
  d.variant =
      "authors': ReLUs that receive a gradient, each module once a call; "
      "AutoDL's none passes zero gradients on, here what only a none reads "
      "does not count; nwot counts every ReLU that runs";
  d.paper = "https://arxiv.org/abs/2006.04647";
  d.reference = "BayesWatch/nas-without-training: score_networks.py";
  d.core = true;
  d.bfloat16_tau = 0.997;
  d.make = reductions::with_samples_first(
      [](const networks::LayerCall& call) {
        return reductions::is_relu(call) && call.live;
      },
      engine::from_pass([](const engine::Pass& pass) {
        return reductions::log_determinant(reductions::code_kernel(
            pass, [](const networks::LayerCall& call) { return call.live; }));
      }));
  return d;
}

}  // namespace zcp::definitions
