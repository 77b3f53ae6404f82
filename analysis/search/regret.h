// How good the architecture is that a search would give after so many queries.
//
// One column chooses (validation accuracy, or a proxy), another is shown (test
// accuracy); they may be the same.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace zcp::search {

/// What random search without replacement shows after `queries` of the rows on
/// average, exactly: E = sum of y_(i) C(i - 1, n - 1) / C(N, n) over i, with
/// the rows in ascending order of `chooser` and, among equal ones, the mean of
/// what they show. A row whose chooser is NaN is drawn as any other and never
/// chosen. The mean is over the searches that show something: not over those
/// that drew no row with a chooser, or chose one that shows NaN. NaN where no
/// row has both. Throws std::invalid_argument unless 1 <= queries <= N.
double expected_best(
    std::span<const double> chooser,
    std::span<const double> shown,
    std::size_t queries);

/// A mean over independent searches with the interval mean +- 1.96 s / sqrt(R);
/// its ends are NaN for one search.
struct Estimate {
  double mean;
  double low;
  double high;
};

Estimate estimate(std::span<const double> values);

/// The numbers of queries at which curves are shown, in ascending order: all up
/// to 100, every tenth up to 1,000, every hundredth up to 10,000 and so on, and
/// `last` at the end.
std::vector<std::size_t> shown_queries(std::size_t last);

}  // namespace zcp::search
