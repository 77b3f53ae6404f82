#include "analysis/statistics/metrics.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "analysis/statistics/columns.h"
#include "analysis/statistics/ranks.h"

namespace zcp::statistics {
namespace {

void require_rows(
    std::span<const double> scores,
    std::span<const double> truth,
    std::size_t k) {
  require_equal_lengths(scores, truth);
  if (scores.empty() || k == 0) {
    throw std::invalid_argument("a criterion over no rows");
  }
}

/// Rows of equal value, best first.
std::vector<std::vector<std::size_t>> tie_groups(
    std::span<const double> values) {
  const Levels levels = dense_levels(values);
  std::vector<std::vector<std::size_t>> groups(levels.count);
  for (std::size_t row = 0; row < values.size(); ++row) {
    groups[levels.count - 1 - levels.level[row]].push_back(row);
  }
  return groups;
}

/// For each row the probability to be among the k best.
std::vector<double> chance_of_top(
    std::span<const double> values,
    std::size_t k) {
  std::vector<double> chance(values.size());
  std::size_t left = std::min(k, values.size());
  for (const auto& group : tie_groups(values)) {
    const std::size_t taken = std::min(left, group.size());
    for (const std::size_t row : group) {
      chance[row] =
          static_cast<double>(taken) / static_cast<double>(group.size());
    }
    left -= taken;
  }
  return chance;
}

/// Expected maximum of `count` of the values, drawn without replacement.
double expected_maximum(std::vector<double> values, std::size_t count) {
  std::sort(values.begin(), values.end(), std::greater<>());
  const auto n = static_cast<double>(values.size());
  const auto m = static_cast<double>(count);
  // all_lower: the probability that none of the first i values is drawn.
  double all_lower = 1;
  double expected = 0;
  for (std::size_t i = 0; i + count <= values.size(); ++i) {
    const double drawn = m / (n - static_cast<double>(i));
    expected += all_lower * drawn * values[i];
    all_lower *= 1 - drawn;
  }
  return expected;
}

/// Expected maximum of `values` over the k best-scored rows.
double expected_best(
    std::span<const double> scores,
    std::span<const double> values,
    std::size_t k) {
  std::size_t left = std::min(k, scores.size());
  double certain = 0;
  bool any = false;
  for (const auto& group : tie_groups(scores)) {
    if (left == 0) break;
    std::vector<double> candidates;
    candidates.reserve(group.size());
    for (const std::size_t row : group) {
      // The best value of the groups that are certainly in is a lower bound.
      candidates.push_back(any ? std::max(certain, values[row]) : values[row]);
    }
    const std::size_t taken = std::min(left, group.size());
    certain = expected_maximum(std::move(candidates), taken);
    any = true;
    left -= taken;
  }
  return certain;
}

double gain(double truth) {
  return std::exp2(truth) - 1;
}

double discount(std::size_t place) {
  return 1 / std::log2(2 + static_cast<double>(place));
}

/// Discounted gain of the first k places; a group of ties has its mean gain.
double discounted_gain(
    std::span<const double> order_by,
    std::span<const double> truth,
    std::size_t k) {
  double sum = 0;
  std::size_t place = 0;
  for (const auto& group : tie_groups(order_by)) {
    double gains = 0;
    for (const std::size_t row : group) gains += gain(truth[row]);
    double discounts = 0;
    for (std::size_t i = 0; i < group.size(); ++i, ++place) {
      discounts += place < k ? discount(place) : 0.0;
    }
    sum += gains / static_cast<double>(group.size()) * discounts;
    if (place >= k) break;
  }
  return sum;
}

}  // namespace

double ndcg_at(
    std::span<const double> scores,
    std::span<const double> truth,
    std::size_t k) {
  require_rows(scores, truth, k);
  return discounted_gain(scores, truth, k) / discounted_gain(truth, truth, k);
}

double precision_at(
    std::span<const double> scores,
    std::span<const double> truth,
    std::size_t k) {
  require_rows(scores, truth, k);
  const std::vector<double> chosen = chance_of_top(scores, k);
  const std::vector<double> best = chance_of_top(truth, k);
  return std::inner_product(chosen.begin(), chosen.end(), best.begin(), 0.0) /
         static_cast<double>(std::min(k, scores.size()));
}

double best_rank_at(
    std::span<const double> scores,
    std::span<const double> truth,
    std::size_t k) {
  require_rows(scores, truth, k);
  std::vector<double> sorted(truth.begin(), truth.end());
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> minus_rank(truth.size());
  for (std::size_t row = 0; row < truth.size(); ++row) {
    const auto above =
        sorted.end() -
        std::upper_bound(sorted.begin(), sorted.end(), truth[row]);
    minus_rank[row] = -1.0 - static_cast<double>(above);
  }
  return -expected_best(scores, minus_rank, k) /
         static_cast<double>(truth.size());
}

double regret_at(
    std::span<const double> scores,
    std::span<const double> truth,
    std::size_t k) {
  require_rows(scores, truth, k);
  return *std::max_element(truth.begin(), truth.end()) -
         expected_best(scores, truth, k);
}

std::size_t rows_of_share(std::size_t rows, double share) {
  const auto count =
      static_cast<std::size_t>(std::llround(share * static_cast<double>(rows)));
  return std::max<std::size_t>(count, 1);
}

}  // namespace zcp::statistics
