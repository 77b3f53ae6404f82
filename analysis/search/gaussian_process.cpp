#include "analysis/search/gaussian_process.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <utility>

namespace zcp::search {
namespace {

/// Squared distances of columns.
Eigen::MatrixXd distances(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
  Eigen::MatrixXd d = -2 * (a.transpose() * b);
  d.colwise() += a.colwise().squaredNorm().transpose();
  d.rowwise() += b.colwise().squaredNorm();
  return d.cwiseMax(0);
}

}  // namespace

GaussianProcess::GaussianProcess(
    Eigen::MatrixXd points,
    Eigen::VectorXd values,
    const Parameters& parameters)
    : points_(std::move(points)),
      values_(std::move(values)),
      parameters_(parameters) {
  if (values_.size() == 0 || values_.size() != points_.cols()) {
    throw std::invalid_argument("a Gaussian process of no or other points");
  }
  Eigen::MatrixXd own = kernel(points_, points_);
  own.diagonal().array() += parameters_.noise;
  posterior_ = statistics::GaussianPosterior(own, values_);
  const auto n = static_cast<double>(values_.size());
  variance_ = std::max(posterior_.squared_norm(values_) / n, 1e-12);
}

Eigen::MatrixXd GaussianProcess::kernel(
    const Eigen::MatrixXd& a,
    const Eigen::MatrixXd& b) const {
  const Eigen::ArrayXXd r =
      (5 * distances(a, b)).array().sqrt() / parameters_.length;
  return (1 + r + r.square() / 3) * (-r).exp();
}

double GaussianProcess::log_likelihood() const {
  const auto n = static_cast<double>(values_.size());
  return -0.5 * (n * std::log(2 * std::numbers::pi * variance_) +
                 posterior_.log_determinant() + n);
}

GaussianProcess::Parameters GaussianProcess::fit(
    const Eigen::MatrixXd& points,
    const Eigen::VectorXd& values) {
  const double scale =
      std::sqrt(std::max(distances(points, points).mean(), 1e-12));
  Parameters best;
  best.length = scale;
  double most = -std::numeric_limits<double>::infinity();
  for (const double length : {0.5, 1.0, 2.0, 4.0}) {
    for (const double noise : {1e-3, 1e-2, 1e-1, 1.0}) {
      const Parameters tried{length * scale, noise};
      const double likelihood =
          GaussianProcess(points, values, tried).log_likelihood();
      if (likelihood > most) {
        most = likelihood;
        best = tried;
      }
    }
  }
  return best;
}

GaussianProcess::Prediction GaussianProcess::predict(
    const Eigen::MatrixXd& at) const {
  const Eigen::MatrixXd cross = kernel(points_, at);
  const Eigen::MatrixXd reduced = posterior_.reduced(cross);
  const Eigen::ArrayXd left =
      1 - reduced.colwise().squaredNorm().transpose().array();
  return {posterior_.mean(cross), variance_ * left.max(0).matrix()};
}

std::vector<Eigen::Index> GaussianProcess::choose(
    const Eigen::MatrixXd& at,
    double best,
    std::size_t count) const {
  const Eigen::MatrixXd cross = kernel(points_, at);
  Eigen::MatrixXd reduced = posterior_.reduced(cross);
  const Eigen::VectorXd mean = posterior_.mean(cross);
  Eigen::VectorXd left = Eigen::VectorXd::Ones(at.cols()) -
                         reduced.colwise().squaredNorm().transpose();
  std::vector<Eigen::Index> chosen;
  while (chosen.size() < count && std::ssize(chosen) < at.cols()) {
    Eigen::Index next = -1;
    double most = -1;
    for (Eigen::Index i = 0; i < at.cols(); ++i) {
      if (std::ranges::find(chosen, i) != chosen.end()) continue;
      const double deviation = std::sqrt(variance_ * std::max(left[i], 0.0));
      const double gain = expected_improvement(mean[i], deviation, best);
      if (gain > most) {
        most = gain;
        next = i;
      }
    }
    chosen.push_back(next);
    // What was expected there moves no mean, it takes uncertainty away.
    const double scale =
        std::sqrt(std::max(left[next], 0.0) + parameters_.noise);
    const Eigen::VectorXd column = reduced.col(next);
    const Eigen::MatrixXd near = kernel(at.col(next), at);
    const Eigen::RowVectorXd row =
        (near.row(0) - column.transpose() * reduced) / scale;
    left -= row.cwiseAbs2().transpose();
    reduced.conservativeResize(reduced.rows() + 1, Eigen::NoChange);
    reduced.row(reduced.rows() - 1) = row;
  }
  return chosen;
}

double expected_improvement(double mean, double deviation, double best) {
  const double gain = mean - best;
  if (deviation <= 0) return std::max(gain, 0.0);
  const double z = gain / deviation;
  const double density =
      std::exp(-0.5 * z * z) / std::sqrt(2 * std::numbers::pi);
  const double below = 0.5 * std::erfc(-z / std::numbers::sqrt2);
  return gain * below + deviation * density;
}

}  // namespace zcp::search
