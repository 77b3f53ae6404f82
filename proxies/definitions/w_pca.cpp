// k is how many leading eigenvalues of the covariance between the features,
// over samples and tokens, make more than .99 of its trace; the features are
// those of the first layer of each feed-forward network, before its activation.
#include <algorithm>

#include "proxies/definitions.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/spectrum.h"
#include "proxies/reductions/token_layers.h"

namespace zcp::definitions {
namespace {

constexpr double kShare = 0.99;

bool is_first(const networks::LayerCall& call) {
  return reductions::is_of_feed_forward(call) && call.to_activation &&
         !call.from_activation;
}

/// One more than the cumulative shares that do not exceed kShare.
at::Tensor components(const at::Tensor& output) {
  const at::Tensor rows = reductions::position_rows(output);
  const at::Tensor centred = rows - rows.mean(0);
  // Of fewer rows than features, the products of rows have the same eigenvalues
  // but for zeros.
  const at::Tensor products = rows.size(0) < rows.size(1)
                                  ? at::matmul(centred, centred.t())
                                  : at::matmul(centred.t(), centred);
  const at::Tensor values =
      reductions::eigenvalues(products).clamp_min(0).flip(0);
  const at::Tensor shares = values.cumsum(0) / values.sum();
  return (shares <= kShare).sum().to(at::kDouble) + 1;
}

}  // namespace

engine::Descriptor w_pca() {
  engine::Descriptor d = engine::variant_of(head_confidence());
  d.family = "feature spectrum";
  d.formula = "#params times the sum over feed-forward networks of k";
  d.degenerate = "no feed-forward network over tokens";
  d.variant = "authors', in float64";
  d.paper = "https://openreview.net/forum?id=L2fV7f9VWf";
  d.reference = "ra225/W-PCA: models/pca_torch.py";
  d.make = engine::from_pass(
      [](const engine::Pass& pass, const engine::Setting& setting) {
        const auto params = static_cast<double>(setting.params);
        return reductions::sum_over_outputs(
            pass,
            setting,
            is_first,
            [&](const networks::LayerCall&, const at::Tensor& output) {
              return components(output) * params;
            },
            reductions::kNoFeedForward);
      });
  return d;
}

}  // namespace zcp::definitions
