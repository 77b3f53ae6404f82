// From the scale that models are fitted on back to that of the labels.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace zcp::prediction {

/// Normal scores of labels, and back.
class LabelScale {
 public:
  /// One label or more.
  explicit LabelScale(std::span<const double> labels);

  /// The label of a normal score: linear between neighbouring labels; beyond
  /// them along the outer tenth.
  double label(double score) const;

 private:
  double along(std::size_t low, std::size_t high, double score) const;

  std::vector<double> values_;  // ascending, each once
  std::vector<double> scores_;  // their normal scores
};

}  // namespace zcp::prediction
