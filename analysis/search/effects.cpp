#include "analysis/search/effects.h"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <map>

#include "analysis/statistics/ranks.h"
#include "common/missing.h"

namespace zcp::search {
namespace {

constexpr std::size_t kLeast = 10;  // for an interval
constexpr double kUpper = 0.975;    // of a 95 % interval

/// Ranks of those that have a value, in percent: (rank - 1/2) / n.
struct Ranks {
  std::vector<std::size_t> rows;
  std::vector<double> percent;
};

Ranks ranks_of(std::span<const double> values) {
  Ranks ranks;
  std::vector<double> known;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) continue;
    ranks.rows.push_back(i);
    known.push_back(values[i]);
  }
  ranks.percent = statistics::average_ranks(known);
  for (double& rank : ranks.percent) {
    rank = 100 * (rank - 0.5) / static_cast<double>(known.size());
  }
  return ranks;
}

/// Mean and variance of a group.
struct Moments {
  std::size_t n = 0;
  double mean = 0;
  double squares = 0;  // of the distances to the mean

  void add(double value) {
    ++n;
    const double before = value - mean;
    mean += before / static_cast<double>(n);
    squares += before * (value - mean);
  }
  /// The variance of the mean.
  double of_mean() const {
    return squares / static_cast<double>(n - 1) / static_cast<double>(n);
  }
};

/// Half the width of Welch's interval of the difference of two means.
double welch_half(const Moments& a, const Moments& b) {
  const double va = a.of_mean();
  const double vb = b.of_mean();
  if (va + vb == 0) return 0;
  const double freedom = (va + vb) * (va + vb) /
                         (va * va / static_cast<double>(a.n - 1) +
                          vb * vb / static_cast<double>(b.n - 1));
  const boost::math::students_t student(freedom);
  return boost::math::quantile(student, kUpper) * std::sqrt(va + vb);
}

}  // namespace

Effect effect_of(
    std::string name,
    const std::vector<bool>& has,
    std::span<const double> values) {
  const Ranks ranks = ranks_of(values);
  Moments with;
  Moments without;
  for (std::size_t i = 0; i < ranks.rows.size(); ++i) {
    (has[ranks.rows[i]] ? with : without).add(ranks.percent[i]);
  }
  Effect effect{std::move(name), with.n, without.n, kNan, kNan, kNan};
  if (with.n == 0 || without.n == 0) return effect;
  effect.difference = with.mean - without.mean;
  if (with.n < kLeast || without.n < kLeast) return effect;
  const double half = welch_half(with, without);
  effect.low = effect.difference - half;
  effect.high = effect.difference + half;
  return effect;
}

double share_decided(
    std::span<const std::size_t> options,
    std::span<const double> values) {
  const Ranks ranks = ranks_of(values);
  std::map<std::size_t, Moments> groups;
  Moments all;
  for (std::size_t i = 0; i < ranks.rows.size(); ++i) {
    groups[options[ranks.rows[i]]].add(ranks.percent[i]);
    all.add(ranks.percent[i]);
  }
  const auto k = groups.size();
  if (k < 2 || all.n <= k || all.squares == 0) return kNan;
  double within = 0;
  for (const auto& [option, group] : groups) within += group.squares;
  return 1 - within / all.squares * static_cast<double>(all.n - 1) /
                 static_cast<double>(all.n - k);
}

}  // namespace zcp::search
