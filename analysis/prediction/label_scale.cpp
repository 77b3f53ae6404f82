#include "analysis/prediction/label_scale.h"

#include <algorithm>

#include "analysis/prediction/design.h"

namespace zcp::prediction {

LabelScale::LabelScale(std::span<const double> labels) {
  std::vector<double> sorted(labels.begin(), labels.end());
  std::ranges::sort(sorted);
  const std::vector<double> scores = normal_scores(sorted);
  // Equal labels share a score: one of each is enough.
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (!values_.empty() && values_.back() == sorted[i]) continue;
    values_.push_back(sorted[i]);
    scores_.push_back(scores[i]);
  }
}

double LabelScale::label(double score) const {
  const std::size_t n = values_.size();
  if (n == 1) return values_[0];
  const std::size_t tenth = std::max<std::size_t>(1, n / 10);
  if (score <= scores_.front()) return along(0, tenth, score);
  if (score >= scores_.back()) return along(n - 1 - tenth, n - 1, score);
  const auto above = static_cast<std::size_t>(
      std::ranges::upper_bound(scores_, score) - scores_.begin());
  return along(above - 1, above, score);
}

/// On the line through two points; beyond an end it starts at that end.
double LabelScale::along(std::size_t low, std::size_t high, double score)
    const {
  const double slope =
      (values_[high] - values_[low]) / (scores_[high] - scores_[low]);
  const std::size_t from = score > scores_[high] ? high : low;
  return values_[from] + slope * (score - scores_[from]);
}

}  // namespace zcp::prediction
