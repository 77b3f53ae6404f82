#include <doctest/doctest.h>

#include <cmath>

#include "analysis/statistics/gaussian_posterior.h"

using zcp::statistics::GaussianPosterior;

TEST_CASE("Gaussian posterior: two values by hand") {
  Eigen::MatrixXd covariance(2, 2);
  covariance << 2, 1, 1, 2;
  Eigen::VectorXd values(2);
  values << 1, -1;  // an eigenvector, of the eigenvalue 1
  const GaussianPosterior posterior(covariance, values);
  CHECK(posterior.squared_norm(values) == doctest::Approx(2));
  CHECK(posterior.log_determinant() == doctest::Approx(std::log(3)));
  Eigen::MatrixXd cross(2, 3);
  cross << 2, 1, 0, 1, 0.5, 0;
  const Eigen::VectorXd mean = posterior.mean(cross);
  CHECK(mean[0] == doctest::Approx(1));  // the first value itself
  CHECK(mean[1] == doctest::Approx(0.5));
  CHECK(mean[2] == 0);
  const Eigen::VectorXd taken =
      posterior.reduced(cross).colwise().squaredNorm().transpose();
  CHECK(taken[0] == doctest::Approx(2));  // all of its variance
  CHECK(taken[1] == doctest::Approx(0.5));
  CHECK(taken[2] == 0);
}
