// Units are those of the outputs of ReLU, SiLU and GELU, and a pattern is a
// unit's sign at each sample. The authors draw N(0, 1) weights 32 times and
// take 16 images and a thin network; with a wide one all patterns differ.
#include "proxies/engine/observer.h"
#include "proxies/reductions/sample_axis.h"
#include "proxies/reductions/sign_patterns.h"

namespace zcp::definitions {

engine::Descriptor swap() {
  engine::Descriptor d;
  d.family = "codes";
  d.formula = "number of sign patterns of units over the samples";
  d.published = "higher";
  d.needs = {
      .pass = engine::PassKind::minibatch,
      .codes = true,
      .folding = graph::Folding::as_declared,
      .initialiser = initialisers::Initialiser::normal};
  d.dtype = "exact integers";
  d.degenerate = "no activation";
  d.variant = "authors'; one draw of the weights";
  d.paper = "https://arxiv.org/abs/2403.04161";
  d.reference = "pym1024/SWAP: src/metrics/swap.py";
  d.make = reductions::with_samples_first(
      &reductions::has_sign_patterns,
      engine::from_pass([](const engine::Pass& pass) {
        return reductions::pattern_score(pass.recording.calls);
      }));
  return d;
}

}  // namespace zcp::definitions
