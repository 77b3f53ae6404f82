// What some values of a Gaussian process say of the others. Rasmussen and
// Williams 2006, https://gaussianprocess.org/gpml, algorithm 2.1.
#pragma once

#include <Eigen/Dense>

namespace zcp::statistics {

/// The process has mean 0. Kernels and their parameters are the callers'.
class GaussianPosterior {
 public:
  GaussianPosterior() = default;

  /// `covariance` is that of the values seen, noise on its diagonal included.
  GaussianPosterior(
      const Eigen::MatrixXd& covariance,
      const Eigen::VectorXd& values);

  /// The expected values where the values seen have the covariances `cross`
  /// [seen][asked].
  Eigen::VectorXd mean(const Eigen::MatrixXd& cross) const;

  /// L^-1 cross for the covariance's Cholesky factor L: the squared norm of a
  /// column is the variance that the values seen take away there.
  Eigen::MatrixXd reduced(const Eigen::MatrixXd& cross) const;

  /// values' covariance^-1 values.
  double squared_norm(const Eigen::VectorXd& values) const;

  /// The logarithm of the covariance's determinant.
  double log_determinant() const;

 private:
  Eigen::LLT<Eigen::MatrixXd> factor_;
  Eigen::VectorXd weights_;  // the inverse of the covariance times the values
};

}  // namespace zcp::statistics
