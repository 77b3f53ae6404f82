#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "analysis/statistics/correlation.h"
#include "analysis/statistics/metrics.h"
#include "common/random.h"
#include "tests/support/test_files.h"

using namespace zcp::statistics;
using Column = std::vector<double>;

namespace {

Column descending(std::size_t size) {
  Column scores(size);
  std::iota(scores.rbegin(), scores.rend(), 1.0);
  return scores;
}

/// The mean of `criterion` over all orders of rows, each breaking the scores'
/// ties in its own way.
template <typename Criterion>
double mean_over_orders(
    const Column& scores,
    const Column& truth,
    Criterion criterion) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  double sum = 0;
  int orders = 0;
  do {
    Column broken(scores.size());
    for (std::size_t place = 0; place < order.size(); ++place) {
      broken[order[place]] =
          scores[order[place]] - 1e-3 * static_cast<double>(place);
    }
    sum += criterion(broken, truth);
    ++orders;
  } while (std::next_permutation(order.begin(), order.end()));
  return sum / orders;
}

}  // namespace

TEST_CASE("toy rankings whose nDCG is published") {
  const Column scores = descending(10);
  const Column crossed{80, 70, 100, 90, 60, 50, 40, 30, 20, 10};
  CHECK(
      kendall_tau_b(scores, crossed) == doctest::Approx(0.8222).epsilon(1e-3));
  CHECK(spearman_rho(scores, crossed) == doctest::Approx(0.9030).epsilon(1e-3));
  CHECK(ndcg_at(scores, crossed, 1) < 0.0005);
  for (std::size_t k = 3; k <= 10; ++k) {
    CHECK(std::abs(ndcg_at(scores, crossed, k) - 0.5) < 0.001);
  }
  const Column kept{100, 90, 80, 70, 60, 50, 10, 20, 30, 40};
  CHECK(kendall_tau_b(scores, kept) == doctest::Approx(0.7333).epsilon(1e-3));
  CHECK(spearman_rho(scores, kept) == doctest::Approx(0.8788).epsilon(1e-3));
  for (std::size_t k = 1; k <= 10; ++k) {
    CHECK(ndcg_at(scores, kept, k) == doctest::Approx(1.0).epsilon(1e-9));
  }
}

TEST_CASE("criteria are means over every way to break the ties") {
  const Column truth{3, 7, 1, 6, 4, 2};
  for (const Column& scores :
       {Column{1, 1, 1, 1, 1, 1},
        Column{2, 1, 2, 1, 2, 1},
        Column{5, 4, 4, 4, 1, 1},
        Column{1, 2, 3, 4, 5, 6}}) {
    for (std::size_t k = 1; k <= 6; ++k) {
      CAPTURE(k);
      for (auto* criterion : {ndcg_at, precision_at, best_rank_at, regret_at}) {
        const double slow = mean_over_orders(
            scores, truth, [&](const Column& broken, const Column& values) {
              return criterion(broken, values, k);
            });
        CHECK(criterion(scores, truth, k) == doctest::Approx(slow));
      }
    }
  }
}

TEST_CASE("a missing score comes last; k may exceed the rows") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Column scores{nan, -5, 2};
  const Column truth{9, 5, 7};
  CHECK(regret_at(scores, truth, 1) == 2);
  CHECK(regret_at(scores, truth, 2) == 2);
  CHECK(regret_at(scores, truth, 99) == 0);
  CHECK(best_rank_at(scores, truth, 1) == doctest::Approx(2.0 / 3));
  CHECK(precision_at(scores, truth, 99) == 1);
  CHECK(ndcg_at(truth, truth, 99) == 1);
  CHECK_THROWS_AS(ndcg_at(scores, truth, 0), std::invalid_argument);
  CHECK_THROWS_AS(ndcg_at(Column{}, Column{}, 1), std::invalid_argument);
  CHECK_THROWS_AS(ndcg_at(scores, Column{1}, 1), std::invalid_argument);
}

TEST_CASE("rows of a share") {
  CHECK(rows_of_share(15625, 0.05) == 781);
  CHECK(rows_of_share(10, 0.001) == 1);
}
