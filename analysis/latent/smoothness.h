// Whether near points are alike: in their graphs, and in their accuracy.
#pragma once

#include <Eigen/Dense>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace zcp::latent {

/// Of pairs that lie as many edits apart.
struct EditRow {
  int edits = 0;
  std::size_t pairs = 0;
  double distance = 0;    ///< mean, Euclidean
  double difference = 0;  ///< mean, of truth without sign; NaN without truth
};

/// Of about a tenth of the pairs, by distance: equal distances stay together.
struct DistanceRow {
  double low = 0;
  double high = 0;
  std::size_t pairs = 0;
  double edits = 0;  ///< mean
  double difference = 0;
};

struct Smoothness {
  /// Spearman's correlation of Euclidean distance with edit distance, and with
  /// the difference in truth (NaN without one), over the pairs.
  double edits_rho = 0;
  double difference_rho = 0;
  std::vector<EditRow> by_edits;         ///< ascending
  std::vector<DistanceRow> by_distance;  ///< ascending
};

/// Over the pairs of 200 architectures, drawn by `seed`, with up to 20,000; of
/// up to 200 architectures over all pairs, each once. `points` has a column an
/// architecture; `edits` gives the edit distance of two; `truth` is empty or
/// has a number an architecture, NaN where there is none: such pairs have no
/// difference. Throws std::invalid_argument for fewer than two points.
Smoothness smoothness(
    const Eigen::MatrixXd& points,
    const std::function<int(std::size_t a, std::size_t b)>& edits,
    std::span<const double> truth,
    std::uint64_t seed);

}  // namespace zcp::latent
