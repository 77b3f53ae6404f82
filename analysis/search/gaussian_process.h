// A Gaussian process: what a value may be where nothing was evaluated.
// Rasmussen and Williams 2006, https://gaussianprocess.org/gpml, chapters 2
// and 5.
#pragma once

#include <Eigen/Dense>
#include <vector>

#include "analysis/statistics/gaussian_posterior.h"

namespace zcp::search {

/// Matern's kernel of smoothness 5/2 on Euclidean distances, mean 0, noise of
/// one size. Length and noise are those of a grid with the greatest marginal
/// likelihood, the variance of the process its closed-form estimate.
class GaussianProcess {
 public:
  struct Parameters {
    double length = 1;    ///< in units of the distances
    double noise = 0.01;  ///< its variance, as a share of the process's
  };

  /// A column of `points` an observation. Throws std::invalid_argument for no
  /// observations or as many values as there are not points.
  GaussianProcess(
      Eigen::MatrixXd points,
      Eigen::VectorXd values,
      const Parameters& parameters);

  /// The parameters of the grid that explain the values best.
  static Parameters fit(
      const Eigen::MatrixXd& points,
      const Eigen::VectorXd& values);

  /// log p(values), with the variance of the process estimated.
  double log_likelihood() const;

  /// The mean and the variance of the noiseless value at some points.
  struct Prediction {
    Eigen::VectorXd mean;
    Eigen::VectorXd variance;
  };
  Prediction predict(const Eigen::MatrixXd& at) const;

  /// Up to `count` columns of `at`, one after another the one of greatest
  /// expected improvement over `best`, given that those chosen before had their
  /// expected values ("kriging believer"). Equal ones: the first.
  std::vector<Eigen::Index>
  choose(const Eigen::MatrixXd& at, double best, std::size_t count) const;

 private:
  Eigen::MatrixXd kernel(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b)
      const;

  Eigen::MatrixXd points_;
  Eigen::VectorXd values_;
  Parameters parameters_;
  statistics::GaussianPosterior posterior_;
  double variance_ = 1;
};

/// E[max(0, X - best)] of a normal X.
double expected_improvement(double mean, double deviation, double best);

}  // namespace zcp::search
