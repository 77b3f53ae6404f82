#include "analysis/statistics/gaussian_posterior.h"

namespace zcp::statistics {

using Eigen::MatrixXd;
using Eigen::VectorXd;

GaussianPosterior::GaussianPosterior(
    const MatrixXd& covariance,
    const VectorXd& values)
    : factor_(covariance), weights_(factor_.solve(values)) {}

VectorXd GaussianPosterior::mean(const MatrixXd& cross) const {
  return cross.transpose() * weights_;
}

MatrixXd GaussianPosterior::reduced(const MatrixXd& cross) const {
  return factor_.matrixL().solve(cross);
}

double GaussianPosterior::squared_norm(const VectorXd& values) const {
  return values.dot(weights_);
}

double GaussianPosterior::log_determinant() const {
  return 2 * factor_.matrixLLT().diagonal().array().log().sum();
}

}  // namespace zcp::statistics
