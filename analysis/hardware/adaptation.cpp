#include "analysis/hardware/adaptation.h"

#include <Eigen/Dense>
#include <cmath>

#include "analysis/statistics/correlation.h"

namespace zcp::hardware {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kCutoff = 1e-10;

MatrixXd matrix_of(const Encodings& x) {
  MatrixXd matrix(
      static_cast<Index>(x.size()), static_cast<Index>(x.front().size()));
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t j = 0; j < x[i].size(); ++j) {
      matrix(static_cast<Index>(i), static_cast<Index>(j)) = x[i][j];
    }
  }
  return matrix;
}

MatrixXd rows_of(const MatrixXd& all, std::span<const std::size_t> rows) {
  MatrixXd some(static_cast<Index>(rows.size()), all.cols());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    some.row(static_cast<Index>(i)) = all.row(static_cast<Index>(rows[i]));
  }
  return some;
}

VectorXd elements_of(
    std::span<const double> all,
    std::span<const std::size_t> rows) {
  VectorXd some(static_cast<Index>(rows.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    some[static_cast<Index>(i)] = all[rows[i]];
  }
  return some;
}

/// The least-squares solution of least norm.
VectorXd solve(const MatrixXd& x, const VectorXd& y) {
  Eigen::CompleteOrthogonalDecomposition<MatrixXd> solver;
  solver.setThreshold(kCutoff);
  return solver.compute(x).solve(y);
}

double rho_at(
    const VectorXd& predicted,
    std::span<const double> target,
    std::span<const std::size_t> rows) {
  std::vector<double> x;
  std::vector<double> y;
  for (const std::size_t row : rows) {
    x.push_back(predicted[static_cast<Index>(row)]);
    y.push_back(target[row]);
  }
  return statistics::spearman_rho(x, y);
}

Adapted judged(
    const VectorXd& predicted,
    std::span<const double> target,
    const Rows& rows,
    double lambda = 0) {
  return {
      {predicted.data(), predicted.data() + predicted.size()},
      rho_at(predicted, target, rows.held),
      lambda};
}

/// The problem with a and c solved for: H = (2/m) Z^T Z and g = (2/m) Z^T y of
/// what the columns Z 1 and 1 leave of Z and y.
class Problem {
 public:
  Problem(const MatrixXd& z, const VectorXd& y) : z_(z), y_(y) {
    base_.resize(z.rows(), 2);
    base_.col(0) = z.rowwise().sum();
    base_.col(1).setOnes();
    const MatrixXd rest = z - base_ * fit(z);
    const VectorXd left = y - base_ * fit(y);
    const double scale = 2 / static_cast<double>(z.rows());
    const Eigen::SelfAdjointEigenSolver<MatrixXd> solver(
        scale * rest.transpose() * rest);
    values_ = solver.eigenvalues().cwiseMax(0);
    vectors_ = solver.eigenvectors();
    g_ = vectors_.transpose() * (scale * rest.transpose() * left);
  }

  /// The one b of the penalty |b|, not squared: 0, or of length t with
  /// |(H + (lambda / t) I)^-1 g| = t.
  VectorXd b(double lambda) const {
    if (lambda == 0) return vectors_ * step(0);
    if (g_.norm() <= lambda) return VectorXd::Zero(g_.size());
    double low = std::log(1e-15);
    double high = std::log(1e15);
    for (int i = 0; i < 200; ++i) {
      const double middle = (low + high) / 2;
      const double t = std::exp(middle);
      (step(lambda / t).norm() > t ? low : high) = middle;
    }
    return vectors_ * step(lambda / std::exp(low));
  }

  /// a and c for that b.
  VectorXd rest(const VectorXd& b) const { return fit(y_ - z_ * b); }

 private:
  MatrixXd fit(const MatrixXd& y) const {
    return base_.completeOrthogonalDecomposition().solve(y);
  }

  /// (H + s I)^-1 g in the base of H's eigenvectors.
  VectorXd step(double s) const {
    const double least = kCutoff * values_.maxCoeff();
    VectorXd result = VectorXd::Zero(g_.size());
    for (Index i = 0; i < g_.size(); ++i) {
      // Of directions that no row has, g is what rounding left.
      if (values_[i] > least) result[i] = g_[i] / (values_[i] + s);
    }
    return result;
  }

  const MatrixXd& z_;
  const VectorXd& y_;
  MatrixXd base_;
  VectorXd values_;
  MatrixXd vectors_;
  VectorXd g_;
};

/// The proxy device's weights, and the problem of adapting them.
struct Setup {
  MatrixXd x;
  VectorXd w;
  MatrixXd z;
  VectorXd y;
};

Setup set_up(
    const Encodings& encodings,
    std::span<const double> proxy,
    std::span<const double> target,
    const Rows& rows) {
  Setup setup;
  setup.x = matrix_of(encodings);
  setup.w = solve(
      setup.x,
      Eigen::Map<const VectorXd>(
          proxy.data(), static_cast<Index>(proxy.size())));
  setup.z = rows_of(setup.x, rows.train) * setup.w.asDiagonal();
  setup.y = elements_of(target, rows.train);
  return setup;
}

VectorXd adapted(const Setup& setup, const Problem& problem, double lambda) {
  const VectorXd b = problem.b(lambda);
  const VectorXd rest = problem.rest(b);
  const VectorXd weights = setup.w.cwiseProduct((b.array() + rest[0]).matrix());
  return ((setup.x * weights).array() + rest[1]).matrix();
}

}  // namespace

Adapted unadapted(
    const Encodings& x,
    std::span<const double> proxy,
    std::span<const double> target,
    const Rows& rows) {
  const Setup setup = set_up(x, proxy, target, rows);
  return judged(setup.x * setup.w, target, rows);
}

Adapted adapt_linear(
    const Encodings& x,
    std::span<const double> proxy,
    std::span<const double> target,
    const Rows& rows,
    double lambda) {
  const Setup setup = set_up(x, proxy, target, rows);
  const Problem problem(setup.z, setup.y);
  return judged(adapted(setup, problem, lambda), target, rows, lambda);
}

Adapted adapt_linear(
    const Encodings& x,
    std::span<const double> proxy,
    std::span<const double> target,
    const Rows& rows) {
  const Setup setup = set_up(x, proxy, target, rows);
  const Problem problem(setup.z, setup.y);
  VectorXd best;
  double greatest = -2;
  double chosen = 0;
  for (const double lambda :
       {0.0, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0, 100.0}) {
    VectorXd values = adapted(setup, problem, lambda);
    const double rho = rho_at(values, target, rows.validation);
    if (rho <= greatest) continue;
    greatest = rho;
    chosen = lambda;
    best = std::move(values);
  }
  return judged(best, target, rows, chosen);
}

Adapted from_scratch(
    const Encodings& x,
    std::span<const double> target,
    const Rows& rows) {
  const MatrixXd all = matrix_of(x);
  const VectorXd w =
      solve(rows_of(all, rows.train), elements_of(target, rows.train));
  return judged(all * w, target, rows);
}

}  // namespace zcp::hardware
