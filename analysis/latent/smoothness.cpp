#include "analysis/latent/smoothness.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <stdexcept>

#include "analysis/statistics/correlation.h"
#include "common/missing.h"
#include "common/parallel.h"
#include "common/random.h"

namespace zcp::latent {
namespace {

/// Pairs, a place each in all columns.
struct Pairs {
  std::vector<double> distance;
  std::vector<double> edits;
  std::vector<double> difference;  ///< NaN where it is not known
};

/// A mean of the numbers that there are.
struct Mean {
  double sum = 0;
  std::size_t count = 0;

  void add(double value) {
    if (std::isnan(value)) return;
    sum += value;
    ++count;
  }
  double value() const {
    return count == 0 ? kNan : sum / static_cast<double>(count);
  }
};

Pairs pairs_of(
    const Eigen::MatrixXd& points,
    const std::function<int(std::size_t, std::size_t)>& edits,
    std::span<const double> truth,
    std::uint64_t seed) {
  constexpr std::int64_t kAnchors = 200;
  constexpr std::int64_t kPartners = 20'000;
  const std::int64_t all = points.cols();
  const auto anchors = sample_without_replacement(
      all, std::min(all, kAnchors), derive_seed(seed, "smoothness-anchors"));
  const auto partners = sample_without_replacement(
      all, std::min(all, kPartners), derive_seed(seed, "smoothness-partners"));
  // Where all meet all, each pair comes in both orders; one of them is enough.
  const bool both_orders = anchors.size() == static_cast<std::size_t>(all);
  const std::size_t width = partners.size();
  const std::size_t size = anchors.size() * width;
  Pairs pairs{
      std::vector<double>(size),
      std::vector<double>(size),
      std::vector<double>(size, kNan)};
  parallel_for(anchors.size(), [&](std::size_t i) {
    const auto a = static_cast<std::size_t>(anchors[i]);
    for (std::size_t j = 0; j < width; ++j) {
      const auto b = static_cast<std::size_t>(partners[j]);
      const std::size_t at = i * width + j;
      pairs.distance[at] =
          (points.col(anchors[i]) - points.col(partners[j])).norm();
      // An architecture is no pair with itself; it is taken out below.
      const bool taken = both_orders ? a < b : a != b;
      pairs.edits[at] = taken ? edits(a, b) : -1;
      if (!truth.empty()) pairs.difference[at] = std::abs(truth[a] - truth[b]);
    }
  });
  std::size_t kept = 0;
  for (std::size_t at = 0; at < size; ++at) {
    if (pairs.edits[at] < 0) continue;
    pairs.distance[kept] = pairs.distance[at];
    pairs.edits[kept] = pairs.edits[at];
    pairs.difference[kept] = pairs.difference[at];
    ++kept;
  }
  for (auto* column : {&pairs.distance, &pairs.edits, &pairs.difference}) {
    column->resize(kept);
  }
  return pairs;
}

std::vector<EditRow> rows_by_edits(const Pairs& pairs) {
  struct Means {
    Mean distance;
    Mean difference;
  };
  std::map<int, Means> means;
  for (std::size_t i = 0; i < pairs.edits.size(); ++i) {
    Means& own = means[static_cast<int>(pairs.edits[i])];
    own.distance.add(pairs.distance[i]);
    own.difference.add(pairs.difference[i]);
  }
  std::vector<EditRow> rows;
  for (const auto& [edits, own] : means) {
    rows.push_back(
        {edits,
         own.distance.count,
         own.distance.value(),
         own.difference.value()});
  }
  return rows;
}

std::vector<DistanceRow> rows_by_distance(const Pairs& pairs) {
  constexpr std::size_t kRows = 10;
  std::vector<std::size_t> order(pairs.distance.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(
      order, {}, [&](std::size_t i) { return pairs.distance[i]; });
  std::vector<DistanceRow> rows;
  std::size_t next = 0;
  for (std::size_t part = 0; part < kRows; ++part) {
    // Equal distances stay together.
    const std::size_t begin = next;
    next = std::max(next, order.size() * (part + 1) / kRows);
    while (next > begin && next < order.size() &&
           pairs.distance[order[next]] == pairs.distance[order[next - 1]]) {
      ++next;
    }
    const std::size_t end = next;
    if (begin == end) continue;
    Mean edits;
    Mean difference;
    for (std::size_t i = begin; i < end; ++i) {
      edits.add(pairs.edits[order[i]]);
      difference.add(pairs.difference[order[i]]);
    }
    rows.push_back(
        {pairs.distance[order[begin]],
         pairs.distance[order[end - 1]],
         end - begin,
         edits.value(),
         difference.value()});
  }
  return rows;
}

/// Over the pairs whose difference is known.
double rho_of_difference(const Pairs& pairs) {
  std::vector<double> distance;
  std::vector<double> difference;
  for (std::size_t i = 0; i < pairs.distance.size(); ++i) {
    if (std::isnan(pairs.difference[i])) continue;
    distance.push_back(pairs.distance[i]);
    difference.push_back(pairs.difference[i]);
  }
  return statistics::spearman_rho(distance, difference);
}

}  // namespace

Smoothness smoothness(
    const Eigen::MatrixXd& points,
    const std::function<int(std::size_t a, std::size_t b)>& edits,
    std::span<const double> truth,
    std::uint64_t seed) {
  if (points.cols() < 2) {
    throw std::invalid_argument("smoothness: fewer than two points");
  }
  const Pairs pairs = pairs_of(points, edits, truth, seed);
  return {
      statistics::spearman_rho(pairs.distance, pairs.edits),
      rho_of_difference(pairs),
      rows_by_edits(pairs),
      rows_by_distance(pairs)};
}

}  // namespace zcp::latent
