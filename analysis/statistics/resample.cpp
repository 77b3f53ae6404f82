#include "analysis/statistics/resample.h"

#include <algorithm>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <cmath>

#include "analysis/statistics/pair_counts.h"
#include "analysis/statistics/ranks.h"
#include "common/missing.h"
#include "common/random.h"

namespace zcp::statistics {
namespace {

/// Up to so many rows, counts and doubled centred ranks fit into 16 bits and
/// sums over pairs into 32 bits.
constexpr std::size_t kNarrowRows = 32768;

template <typename T>
void add(Lanes<T>& to, const Lanes<T>& from) {
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    to[lane] = static_cast<T>(to[lane] + from[lane]);
  }
}

template <typename T, typename U>
Lanes<T> widen(const Lanes<U>& from) {
  Lanes<T> out;
  for (std::size_t lane = 0; lane < kLanes; ++lane) out[lane] = from[lane];
  return out;
}

/// Adds count (count - 1) / 2.
template <typename Sum, typename Counter>
void add_pairs(Lanes<Sum>& to, const Lanes<Counter>& counts) {
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const Sum count = counts[lane];
    to[lane] += count * (count - (count != 0 ? 1 : 0)) / 2;
  }
}

template <typename Sum, typename Counter>
void add_product(
    Lanes<Sum>& to,
    const Lanes<Counter>& a,
    const Lanes<Counter>& b) {
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    to[lane] += Sum{a[lane]} * Sum{b[lane]};
  }
}

/// A Fenwick tree with a count per lane.
template <typename Counter>
class LaneTree {
 public:
  explicit LaneTree(std::size_t size) : tree_(size + 1) {}

  void add_at(std::size_t value, const Lanes<Counter>& counts) {
    for (std::size_t i = value + 1; i < tree_.size(); i += i & -i) {
      add(tree_[i], counts);
    }
  }

  Lanes<Counter> below(std::size_t value) const {
    Lanes<Counter> sum{};
    for (std::size_t i = value; i != 0; i &= i - 1) add(sum, tree_[i]);
    return sum;
  }

 private:
  std::vector<Lanes<Counter>> tree_;
};

/// For each level twice its mean rank, less the mean of all ranks; and the sums
/// that depend on ties.
template <typename Rank, typename Sum>
struct LaneRanks {
  std::vector<Lanes<Rank>> ranks;
  Lanes<Sum> tied_pairs{};
  Lanes<double> variance{};  ///< sum of count * rank^2
};

template <typename Rank, typename Sum, typename Counter>
LaneRanks<Rank, Sum> rank_levels(
    const std::vector<Lanes<Counter>>& counts,
    const Lanes<Counter>& total) {
  LaneRanks<Rank, Sum> out;
  out.ranks.resize(counts.size());
  Lanes<Counter> below{};
  for (std::size_t level = 0; level < counts.size(); ++level) {
    add_pairs(out.tied_pairs, counts[level]);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const Counter count = counts[level][lane];
      const auto rank =
          static_cast<Rank>(2 * below[lane] + count - total[lane]);
      out.ranks[level][lane] = rank;
      out.variance[lane] += double(count) * double(rank) * double(rank);
      below[lane] = static_cast<Counter>(below[lane] + count);
    }
  }
  return out;
}

/// A variance no larger than the rounding errors of its two terms is zero.
double difference(double squares, double square_of_mean) {
  const double variance = squares - square_of_mean;
  return variance > 1e-12 * squares ? variance : 0.0;
}

double ratio(double covariance, double x_variance, double y_variance) {
  if (!(x_variance > 0) || !(y_variance > 0)) return kNan;
  const double r = covariance / std::sqrt(x_variance) / std::sqrt(y_variance);
  return std::clamp(r, -1.0, 1.0);
}

}  // namespace

void draw_rows(
    std::size_t rows,
    std::uint64_t seed,
    std::size_t first,
    DrawCounts& counts) {
  counts.assign(rows, {});
  if (rows == 0) return;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    boost::random::mt19937_64 generator(
        derive_seed(seed, "bootstrap", first + lane));
    boost::random::uniform_int_distribution<std::size_t> uniform(0, rows - 1);
    for (std::size_t i = 0; i < rows; ++i) ++counts[uniform(generator)][lane];
  }
}

ResampledPair::ResampledPair(
    std::span<const double> scores,
    std::span<const double> truth,
    Missing missing) {
  require_equal_lengths(scores, truth);
  for (std::uint32_t row = 0; row < scores.size(); ++row) {
    if (std::isnan(scores[row])) continue;
    rows_.push_back(row);
    x_values_.push_back(scores[row]);
    y_values_.push_back(truth[row]);
  }
  x_values_ = deviations(x_values_);
  y_values_ = deviations(y_values_);
  const Levels x = dense_levels(scores);
  const Levels y = dense_levels(truth);
  x_levels_ = x.count;
  y_levels_ = y.count;
  for (std::uint32_t row = 0; row < scores.size(); ++row) {
    if (missing == Missing::drop && std::isnan(scores[row])) continue;
    entries_.push_back({row, x.level[row], y.level[row], false});
  }
  std::sort(entries_.begin(), entries_.end(), [](auto& a, auto& b) {
    return std::pair(a.y, a.x) > std::pair(b.y, b.x);
  });
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    entries_[i].starts = i == 0 || entries_[i].x != entries_[i - 1].x ||
                         entries_[i].y != entries_[i - 1].y;
  }
}

/// What one walk over the rows counts.
template <typename Counter, typename Sum>
struct ResampledPair::Walk {
  std::vector<Lanes<Counter>> x_counts;  ///< of each level
  std::vector<Lanes<Counter>> y_counts;
  Lanes<Counter> total{};
  Lanes<Sum> discordant{};
  Lanes<Sum> joint_ties{};
};

template <typename Counter, typename Sum>
ResampledPair::Walk<Counter, Sum> ResampledPair::walk(
    const DrawCounts& counts) const {
  Walk<Counter, Sum> out;
  out.x_counts.resize(x_levels_);
  out.y_counts.resize(y_levels_);
  LaneTree<Counter> tree(x_levels_);
  Lanes<Counter> run{};  // of rows equal in both columns
  // Rows come in the order of descending truth. So the rows in the tree with a
  // lower score than this row's have a higher truth: they are discordant. Rows
  // of equal truth come by descending score and are not counted among them.
  for (const Entry& entry : entries_) {
    const Lanes<Counter> weight = widen<Counter>(counts[entry.row]);
    add_product(out.discordant, weight, tree.below(entry.x));
    tree.add_at(entry.x, weight);
    add(out.x_counts[entry.x], weight);
    add(out.y_counts[entry.y], weight);
    add(out.total, weight);
    if (entry.starts) {
      add_pairs(out.joint_ties, run);
      run = {};
    }
    add(run, weight);
  }
  add_pairs(out.joint_ties, run);
  return out;
}

template <typename Rank>
Lanes<double> ResampledPair::rank_covariance(
    const DrawCounts& counts,
    const std::vector<Lanes<Rank>>& x_ranks,
    const std::vector<Lanes<Rank>>& y_ranks) const {
  Lanes<double> covariance{};
  for (const Entry& entry : entries_) {
    const auto& weight = counts[entry.row];
    const auto& x = x_ranks[entry.x];
    const auto& y = y_ranks[entry.y];
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      covariance[lane] += double(weight[lane]) * double(x[lane]) * y[lane];
    }
  }
  return covariance;
}

template <typename Counter, typename Rank, typename Sum>
void ResampledPair::rank_correlations(
    const DrawCounts& counts,
    Lanes<Correlations>& out) const {
  const auto walked = walk<Counter, Sum>(counts);
  const auto x = rank_levels<Rank, Sum>(walked.x_counts, walked.total);
  const auto y = rank_levels<Rank, Sum>(walked.y_counts, walked.total);
  const auto covariance = rank_covariance(counts, x.ranks, y.ranks);
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    PairCounts pairs;
    pairs.rows = walked.total[lane];
    pairs.pairs = pairs.rows * (pairs.rows - 1) / 2;
    pairs.x_ties = static_cast<std::int64_t>(x.tied_pairs[lane]);
    pairs.y_ties = static_cast<std::int64_t>(y.tied_pairs[lane]);
    pairs.joint_ties = static_cast<std::int64_t>(walked.joint_ties[lane]);
    pairs.discordant = static_cast<std::int64_t>(walked.discordant[lane]);
    out[lane].tau = pairs.tau_b();
    out[lane].rho = ratio(covariance[lane], x.variance[lane], y.variance[lane]);
  }
}

void ResampledPair::product_moments(
    const DrawCounts& counts,
    Lanes<Correlations>& out) const {
  // About the mean of each draw, which may be far from that of all rows where
  // a row stands alone. What the rounding of the mean leaves is taken off.
  Lanes<double> w{};
  Lanes<double> x_mean{};
  Lanes<double> y_mean{};
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const auto& weights = counts[rows_[i]];
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const double weight = weights[lane];
      w[lane] += weight;
      x_mean[lane] += weight * x_values_[i];
      y_mean[lane] += weight * y_values_[i];
    }
  }
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    x_mean[lane] /= w[lane];
    y_mean[lane] /= w[lane];
  }
  struct Moments {
    Lanes<double> x{}, y{}, xx{}, yy{}, xy{};
  } sums;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const auto& weights = counts[rows_[i]];
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const double weight = weights[lane];
      const double dx = x_values_[i] - x_mean[lane];
      const double dy = y_values_[i] - y_mean[lane];
      sums.x[lane] += weight * dx;
      sums.y[lane] += weight * dy;
      sums.xx[lane] += weight * dx * dx;
      sums.yy[lane] += weight * dy * dy;
      sums.xy[lane] += weight * dx * dy;
    }
  }
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const double x = sums.x[lane];
    const double y = sums.y[lane];
    out[lane].r = ratio(
        sums.xy[lane] - x * y / w[lane],
        difference(sums.xx[lane], x * x / w[lane]),
        difference(sums.yy[lane], y * y / w[lane]));
  }
}

Lanes<Correlations> ResampledPair::evaluate(const DrawCounts& counts) const {
  Lanes<Correlations> out{};
  if (counts.size() <= kNarrowRows) {
    rank_correlations<std::uint16_t, std::int16_t, std::uint32_t>(counts, out);
  } else {
    rank_correlations<std::uint32_t, std::int32_t, std::uint64_t>(counts, out);
  }
  product_moments(counts, out);
  return out;
}

}  // namespace zcp::statistics
