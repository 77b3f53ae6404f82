#include <cmath>
#include <numbers>
#include <stdexcept>

#include "analysis/search/gaussian_process.h"
#include "analysis/search/normal_scores.h"
#include "tests/support/test_files.h"

using namespace zcp::search;

TEST_CASE("Gaussian process: two points by hand") {
  Eigen::MatrixXd points(1, 2);
  points << 0, 1;
  Eigen::VectorXd values(2);
  values << 1, -1;
  const GaussianProcess process(points, values, {.length = 1, .noise = 0.1});
  // The kernel at distance 1, (1 + sqrt 5 + 5 / 3) exp(-sqrt 5).
  const double r = std::sqrt(5.0);
  const double k = (1 + r + 5.0 / 3) * std::exp(-r);
  // [1.1 k; k 1.1] has the eigenvector (1, -1) with eigenvalue 1.1 - k.
  const double weight = 1 / (1.1 - k);
  const auto at = process.predict(points);
  CHECK(at.mean[0] == doctest::Approx(weight * (1 - k)));
  CHECK(at.mean[1] == doctest::Approx(-weight * (1 - k)));
  const double variance = weight;  // y' K^-1 y / 2
  const double determinant = 1.1 * 1.1 - k * k;
  CHECK(
      process.log_likelihood() ==
      doctest::Approx(
          -0.5 * (2 * std::log(2 * std::numbers::pi * variance) +
                  std::log(determinant) + 2)));
  // k* = (1, k): 1 - k*' K^-1 k*.
  const double reduced = (1.1 * 1 - 2 * k * k + 1.1 * k * k) / determinant;
  CHECK(at.variance[0] == doctest::Approx(variance * (1 - reduced)));
  Eigen::MatrixXd far(1, 1);
  far << 1000;
  const auto there = process.predict(far);
  CHECK(there.mean[0] == doctest::Approx(0));
  CHECK(there.variance[0] == doctest::Approx(variance));
  CHECK_THROWS_AS(
      GaussianProcess(points, values.head(1), {}), std::invalid_argument);
}

TEST_CASE("expected improvement: by numbers of the normal distribution") {
  CHECK(expected_improvement(0, 1, 0) == doctest::Approx(0.3989422804));
  // E[max(0, X - 1)] of a standard normal X.
  CHECK(expected_improvement(0, 1, 1) == doctest::Approx(0.0833154706));
  CHECK(expected_improvement(3, 0, 1) == 2);
  CHECK(expected_improvement(0, 0, 1) == 0);
}

TEST_CASE("Gaussian process: a batch does not ask the same twice") {
  Eigen::MatrixXd points(1, 2);
  points << 0, 10;
  Eigen::VectorXd values(2);
  values << 0, 0.1;
  const GaussianProcess process(points, values, {.length = 1, .noise = 1e-6});
  // Two candidates of one place far from all, one at another far place.
  Eigen::MatrixXd candidates(1, 3);
  candidates << 5, 5.0001, 15;
  const auto chosen = process.choose(candidates, 0.1, 2);
  CHECK(chosen.size() == 2);
  CHECK(chosen[0] != chosen[1]);
  CHECK((chosen[0] == 2 || chosen[1] == 2));
  CHECK(process.choose(candidates, 0.1, 9).size() == 3);
}

TEST_CASE("normal scores: quantiles of places") {
  CHECK(normal_quantile(0.975) == doctest::Approx(1.959963985));
  History history(1);
  for (const char* arch : {"a", "b", "c", "d"}) history.add(arch);
  history.set_values(0, {1e9, std::nan(""), -5, 1e9});
  const auto rows = known_rows(history);
  CHECK(rows == std::vector<std::size_t>{0, 2, 3});
  const auto scores = normal_scores(history, rows);
  CHECK(scores[0] == scores[2]);
  CHECK(scores[0] == doctest::Approx(normal_quantile(2.0 / 3)));
  CHECK(scores[1] == doctest::Approx(normal_quantile(0.5 / 3)));
}
