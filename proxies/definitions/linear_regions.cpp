// The authors count the codes of thousands of tiny inputs on a thin network,
// repeatedly and in half precision. The score is at most the batch size.
#include "proxies/engine/observer.h"
#include "proxies/reductions/code_kernel.h"
#include "proxies/reductions/sample_axis.h"

namespace zcp::definitions {

engine::Descriptor linear_regions() {
  engine::Descriptor d;
  d.family = "codes";
  d.formula = "number of different ReLU codes among the samples";
  d.published = "higher";
  d.needs = {
      .pass = engine::PassKind::minibatch,
      .codes = true,
      .folding = graph::Folding::as_declared,
      .initialiser = initialisers::Initialiser::kaiming_normal};
  d.dtype = "exact integers";
  d.degenerate = "no ReLU";
  d.variant = "TE-NAS; inputs, repeats and width are the protocol's";
  d.paper = "https://arxiv.org/abs/2102.11535";
  d.reference = "VITA-Group/TENAS: lib/procedures/linear_region_counter.py";
  d.make = reductions::with_samples_first(
      &reductions::is_relu, engine::from_pass([](const engine::Pass& pass) {
        const at::Tensor kernel = reductions::code_kernel(
            pass, [](const networks::LayerCall&) { return true; });
        if (!kernel.defined()) return engine::Score::degenerate("no ReLU");
        // Two samples share a code when they agree in every unit.
        const at::Tensor same = kernel == kernel.diagonal().unsqueeze(1);
        const at::Tensor multiplicity = same.sum(1).to(at::kDouble);
        return engine::score_of(
            multiplicity.reciprocal().sum().round(), "no ReLU");
      }));
  return d;
}

}  // namespace zcp::definitions
