// q are the queries of the heads. The published formula is
// (head: revert, pow) + (activation: frobenius, logsoftmax): (-q)^2, and the
// softmax over a single number, whose logarithm is 0.
#include "proxies/definitions.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/token_layers.h"

namespace zcp::definitions {

engine::Descriptor lpzero() {
  engine::Descriptor d = engine::variant_of(head_confidence());
  d.formula = "mean over attention of mean(q^2)";
  d.degenerate = "no attention";
  d.variant = "the formula found for BERT; its second term is 0";
  d.paper = "https://arxiv.org/abs/2410.04808";
  d.reference = "pprp/LPZero: lpzero/structures/tree.py";
  d.make = engine::from_pass([](const engine::Pass& pass) {
    const auto count = static_cast<double>(pass.recording.attentions.size());
    return reductions::sum_over_attention(
        pass, [&](const networks::AttentionCall& call) {
          return call.query.detach().square().mean(at::kDouble) / count;
        });
  });
  return d;
}

}  // namespace zcp::definitions
