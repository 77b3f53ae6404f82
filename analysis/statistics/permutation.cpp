#include "analysis/statistics/permutation.h"

#include <algorithm>
#include <array>
#include <boost/random/mersenne_twister.hpp>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <utility>
#include <vector>

#include "analysis/statistics/columns.h"
#include "analysis/statistics/ranks.h"
#include "common/random.h"

namespace zcp::statistics {
namespace {

constexpr double kMostStates = 16384;
constexpr std::int64_t kDraws = 200'000;

/// A column as permutations see it: distinct values in ascending order.
struct RankedColumn {
  std::vector<std::uint32_t> level;  ///< of each row
  std::vector<std::int64_t> counts;  ///< rows of each level
  /// Mean rank of each level, moved and scaled to whole numbers from 0 on.
  std::vector<std::int64_t> ranks;

  explicit RankedColumn(std::span<const double> values) {
    Levels levels = dense_levels(values);
    counts = level_counts(levels);
    level = std::move(levels.level);
    std::int64_t below = 0;
    for (const std::int64_t count : counts) {
      ranks.push_back(2 * below + count + 1);
      below += count;
    }
    const std::int64_t first = ranks.empty() ? 0 : ranks.front();
    std::int64_t step = 0;
    for (std::int64_t& rank : ranks) step = std::gcd(step, rank -= first);
    for (std::int64_t& rank : ranks) rank /= std::max<std::int64_t>(step, 1);
  }

  bool has_ties() const { return counts.size() < level.size(); }

  /// How many ways there are to have used up some of the rows.
  double states() const {
    double product = 1;
    for (const std::int64_t count : counts) {
      product *= static_cast<double>(count + 1);
    }
    return product;
  }
};

/// How many pairings give each sum, from `low` on.
struct Distribution {
  std::int64_t low = 0;
  std::vector<double> ways;

  void add(const Distribution& other, std::int64_t shift, double factor) {
    if (other.ways.empty()) return;
    const std::int64_t begin = other.low + shift;
    const auto size = static_cast<std::int64_t>(other.ways.size());
    if (ways.empty()) low = begin;
    if (begin < low) {
      ways.insert(ways.begin(), static_cast<std::size_t>(low - begin), 0.0);
      low = begin;
    }
    const auto needed = static_cast<std::size_t>(begin + size - low);
    if (ways.size() < needed) ways.resize(needed);
    double* to = ways.data() + (begin - low);
    for (std::size_t i = 0; i < other.ways.size(); ++i) {
      to[i] += factor * other.ways[i];
    }
  }
};

double two_sided(double at_most, double at_least, double all) {
  return std::min(1.0, 2 * std::min(at_most, at_least) / all);
}

double p_of(const Distribution& sums, std::int64_t observed) {
  double at_most = 0;
  double at_least = 0;
  double all = 0;
  for (std::size_t i = 0; i < sums.ways.size(); ++i) {
    const std::int64_t sum = sums.low + static_cast<std::int64_t>(i);
    all += sums.ways[i];
    if (sum <= observed) at_most += sums.ways[i];
    if (sum >= observed) at_least += sums.ways[i];
  }
  return two_sided(at_most, at_least, all);
}

double binomial(std::int64_t n, std::int64_t k) {
  double ways = 1;
  for (std::int64_t i = 1; i <= k; ++i) {
    ways = ways * static_cast<double>(n - k + i) / static_cast<double>(i);
  }
  return std::round(ways);
}

/// The statistic, which is a sum over rows when they are taken by ascending x:
/// what `count` rows of one level of y add while a group of equal x is filled.
class Statistic {
 public:
  virtual ~Statistic() = default;
  /// `left` are the rows of each level of y that are not taken, `taken` the
  /// rows that the group has taken of lower levels.
  virtual std::int64_t added(
      std::size_t group,
      std::size_t level,
      std::int64_t taken,
      std::span<const std::uint8_t> left) const = 0;
};

/// Concordant less discordant pairs: those of a row with all rows of greater x.
/// Rows of its own group cancel out in the sum over the group, so they count as
/// if they were not taken yet.
class Balance final : public Statistic {
 public:
  std::int64_t added(
      std::size_t /*group*/,
      std::size_t level,
      std::int64_t taken,
      std::span<const std::uint8_t> left) const override {
    std::int64_t sum = -taken;
    for (std::size_t i = 0; i < level; ++i) sum -= left[i];
    for (std::size_t i = level + 1; i < left.size(); ++i) sum += left[i];
    return sum;
  }
};

/// The product of the ranks.
class RankProduct final : public Statistic {
 public:
  RankProduct(const std::vector<std::int64_t>& x_ranks, const RankedColumn& y)
      : x_ranks_(x_ranks), y_ranks_(y.ranks) {}

  std::int64_t added(
      std::size_t group,
      std::size_t level,
      std::int64_t /*taken*/,
      std::span<const std::uint8_t> /*left*/) const override {
    return x_ranks_[group] * y_ranks_[level];
  }

 private:
  const std::vector<std::int64_t>& x_ranks_;
  const std::vector<std::int64_t>& y_ranks_;
};

/// Fills the groups of equal x one after the other, keeping for every choice of
/// rows of y that are left how many ways lead there with each sum.
class Enumeration {
 public:
  Enumeration(
      const RankedColumn& x,
      const RankedColumn& y,
      const Statistic& statistic)
      : x_(x), y_(y), statistic_(statistic) {
    std::size_t states = 1;
    for (const std::int64_t count : y.counts) {
      strides_.push_back(states);
      states *= static_cast<std::size_t>(count + 1);
    }
    reached_.resize(states);
    reached_.back() = {0, {1.0}};
    for (std::size_t state = 0; state < states; ++state) {
      std::int64_t sum = 0;
      for (std::size_t level = 0; level < strides_.size(); ++level) {
        const auto size = static_cast<std::size_t>(y.counts[level] + 1);
        const std::size_t count = state / strides_[level] % size;
        left_.push_back(static_cast<std::uint8_t>(count));
        sum += static_cast<std::int64_t>(count);
      }
      total_.push_back(sum);
    }
  }

  Distribution sums() {
    auto left = static_cast<std::int64_t>(y_.level.size());
    for (std::size_t group = 0; group < x_.counts.size(); ++group) {
      left -= x_.counts[group];
      for (std::size_t level = 0; level < y_.counts.size(); ++level) {
        fill(group, level, left);
      }
      forget(left);
    }
    return std::move(reached_.front());
  }

 private:
  std::span<const std::uint8_t> left_of(std::size_t state) const {
    return std::span(left_).subspan(state * strides_.size(), strides_.size());
  }

  /// Gives rows of one level to the group, of which `after` rows are left once
  /// it is full. A state leads to states before it, which come first, so that
  /// no way is taken twice.
  void fill(std::size_t group, std::size_t level, std::int64_t after) {
    for (std::size_t state = 0; state < reached_.size(); ++state) {
      if (reached_[state].ways.empty()) continue;
      const std::span<const std::uint8_t> left = left_of(state);
      const std::int64_t open = total_[state] - after;
      const std::int64_t most = std::min<std::int64_t>(open, left[level]);
      if (most <= 0) continue;
      const std::int64_t taken = x_.counts[group] - open;
      const std::int64_t each = statistic_.added(group, level, taken, left);
      for (std::int64_t count = 1; count <= most; ++count) {
        const auto used = static_cast<std::size_t>(count);
        reached_[state - used * strides_[level]].add(
            reached_[state], count * each, binomial(left[level], count));
      }
    }
  }

  /// Drops the states in which the group was not filled.
  void forget(std::int64_t after) {
    for (std::size_t state = 0; state < reached_.size(); ++state) {
      if (total_[state] != after) reached_[state] = {};
    }
  }

  const RankedColumn& x_;
  const RankedColumn& y_;
  const Statistic& statistic_;
  std::vector<std::size_t> strides_;   ///< of each level in a state's number
  std::vector<std::uint8_t> left_;     ///< [state][level]: rows not taken
  std::vector<std::int64_t> total_;    ///< [state]: their sum
  std::vector<Distribution> reached_;  ///< [state]
};

/// Concordant less discordant pairs of a column with groups of equal rows and
/// one without ties: each group adds Mann and Whitney's statistic of its rows
/// and those before.
Distribution balance_without_ties(const RankedColumn& tied) {
  Distribution sums{0, {1.0}};
  std::int64_t before = 0;
  for (const std::int64_t size : tied.counts) {
    // The number of ways by inversions is a Gaussian binomial coefficient, a
    // product of (1 - q^(before + i)) / (1 - q^i).
    std::vector<double> ways(static_cast<std::size_t>(before * size + 1));
    ways[0] = 1;
    for (std::int64_t i = 1; i <= size; ++i) {
      const auto up = static_cast<std::size_t>(before + i);
      const auto down = static_cast<std::size_t>(i);
      for (std::size_t k = ways.size(); k-- > up;) ways[k] -= ways[k - up];
      for (std::size_t k = down; k < ways.size(); ++k) {
        ways[k] += ways[k - down];
      }
    }
    Distribution next;
    for (std::size_t k = 0; k < ways.size(); ++k) {
      const std::int64_t balance =
          2 * static_cast<std::int64_t>(k) - before * size;
      next.add(sums, balance, ways[k]);
    }
    sums = std::move(next);
    before += size;
  }
  return sums;
}

/// Rows by ascending x.
std::vector<std::size_t> ascending(const RankedColumn& x) {
  std::vector<std::size_t> order(x.level.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(
      order, {}, [&](std::size_t i) { return x.level[i]; });
  return order;
}

/// Concordant less discordant pairs when rows of y stand beside rows of x that
/// ascend.
class PairSigns {
 public:
  PairSigns(
      const std::vector<std::int32_t>& x,
      const std::vector<std::int32_t>& y) {
    for (std::size_t i = 0; i < y.size(); ++i) {
      for (std::size_t j = 0; j < y.size(); ++j) {
        signs_[i][j] =
            static_cast<std::int8_t>((y[j] > y[i] ? 1 : 0) - (y[j] < y[i]));
      }
      const auto next = std::ranges::upper_bound(x, x[i]);
      greater_.push_back(static_cast<std::size_t>(next - x.begin()));
    }
  }

  /// `rows` are those of y, in the order of x.
  std::int64_t sum(const std::vector<std::int32_t>& rows) const {
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto& signs = signs_[static_cast<std::size_t>(rows[i])];
      for (std::size_t j = greater_[i]; j < rows.size(); ++j) {
        sum += signs[static_cast<std::size_t>(rows[j])];
      }
    }
    return sum;
  }

 private:
  using Signs = std::array<std::int8_t, kPermutedRows>;
  std::array<Signs, kPermutedRows> signs_{};
  std::vector<std::size_t> greater_;  ///< the first row of greater x
};

/// The p-value by random orders of y; `sum` is the statistic of one.
template <typename Sum>
double drawn_p(std::vector<std::int32_t> y, Sum sum) {
  const std::int64_t observed = sum(y);
  boost::random::mt19937_64 generator(derive_seed(0, "permutations"));
  std::int64_t at_most = 1;
  std::int64_t at_least = 1;
  for (std::int64_t draw = 0; draw < kDraws; ++draw) {
    for (std::size_t left = y.size(); left > 1; --left) {
      const std::uint64_t bits = generator() >> 32U;
      std::swap(y[left - 1], y[(bits * left) >> 32U]);
    }
    const std::int64_t found = sum(y);
    at_most += found <= observed ? 1 : 0;
    at_least += found >= observed ? 1 : 0;
  }
  return two_sided(
      static_cast<double>(at_most),
      static_cast<double>(at_least),
      static_cast<double>(kDraws + 1));
}

/// The column's rows in the order given, as `number` of their levels.
template <typename Number>
std::vector<std::int32_t> numbers_of(
    const RankedColumn& column,
    const std::vector<std::size_t>& order,
    Number number) {
  std::vector<std::int32_t> out;
  for (const std::size_t row : order) {
    out.push_back(static_cast<std::int32_t>(number(column.level[row])));
  }
  return out;
}

/// Two columns as the tests look at them.
struct RankedColumns {
  RankedColumn groups;  ///< of the column that has more states
  RankedColumn levels;
  decltype(ascending(
      std::declval<const RankedColumn&>())) order;  ///< by groups
};

RankedColumns ranked_columns_of(
    std::span<const double> x,
    std::span<const double> y) {
  require_equal_lengths(x, y);
  if (x.size() > kPermutedRows) {
    throw std::invalid_argument("too many rows for permutations");
  }
  RankedColumn groups(x);
  RankedColumn levels(y);
  if (groups.states() < levels.states()) std::swap(groups, levels);
  auto order = ascending(groups);
  return {std::move(groups), std::move(levels), std::move(order)};
}

}  // namespace

double kendall_permutation_p(
    std::span<const double> x,
    std::span<const double> y) {
  const auto [groups, levels, order] = ranked_columns_of(x, y);
  const auto level = [](std::uint32_t each) { return each; };
  const auto by_group = numbers_of(groups, order, level);
  const auto by_level = numbers_of(levels, order, level);
  const PairSigns signs(by_group, by_level);
  std::vector<std::int32_t> rows(order.size());
  std::iota(rows.begin(), rows.end(), 0);
  const std::int64_t observed = signs.sum(rows);
  if (!groups.has_ties()) return p_of(balance_without_ties(levels), observed);
  if (!levels.has_ties()) return p_of(balance_without_ties(groups), observed);
  if (levels.states() > kMostStates) {
    return drawn_p(rows, [&](const auto& each) { return signs.sum(each); });
  }
  return p_of(Enumeration(groups, levels, Balance()).sums(), observed);
}

double spearman_permutation_p(
    std::span<const double> x,
    std::span<const double> y) {
  const auto [groups, levels, order] = ranked_columns_of(x, y);
  const auto x_ranks = numbers_of(
      groups, order, [&](std::uint32_t each) { return groups.ranks[each]; });
  const auto y_ranks = numbers_of(
      levels, order, [&](std::uint32_t each) { return levels.ranks[each]; });
  const auto sum = [&](const std::vector<std::int32_t>& each) {
    return std::inner_product(
        x_ranks.begin(), x_ranks.end(), each.begin(), std::int64_t{0});
  };
  if (levels.states() > kMostStates) return drawn_p(y_ranks, sum);
  const std::int64_t observed = sum(y_ranks);
  const RankProduct product(groups.ranks, levels);
  return p_of(Enumeration(groups, levels, product).sums(), observed);
}

}  // namespace zcp::statistics
