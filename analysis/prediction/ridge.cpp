#include <fmt/format.h>

#include <array>
#include <limits>

#include "analysis/prediction/model.h"
#include "analysis/prediction/numbers.h"

namespace zcp::prediction {
namespace {

constexpr std::array
    kPenalties{0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0};

class Ridge final : public Fitted {
 public:
  Ridge(
      const Design& design,
      Eigen::VectorXd weights,
      double intercept,
      double penalty)
      : design_(design),
        weights_(std::move(weights)),
        intercept_(intercept),
        penalty_(penalty) {}

  Predicted predict(std::span<const std::size_t> rows) const override {
    const RowMatrix x = evenly_weighted(rows_of(design_, rows), design_);
    const Eigen::VectorXd mean = ((x * weights_).array() + intercept_).matrix();
    return {as_values(mean), std::vector<double>(rows.size(), 1)};
  }

  std::vector<Importance> importance() const override {
    // A column's part of a prediction has this standard deviation.
    Eigen::VectorXd shares = weights_.cwiseAbs();
    const auto& bounds = design_.numbers().bounds;
    for (std::size_t b = 0; b + 1 < bounds.size(); ++b) {
      const Eigen::Index width = bounds[b + 1] - bounds[b];
      shares.segment(bounds[b], width) /= std::sqrt(double(width));
    }
    return sorted_importance(design_.column_names(), as_values(shares));
  }

  std::string setting() const override {
    return fmt::format("lambda {}", penalty_);
  }

 private:
  const Design& design_;
  Eigen::VectorXd weights_;
  double intercept_;
  double penalty_;
};

}  // namespace

std::unique_ptr<Fitted> fit_ridge(
    const Design& design,
    std::span<const std::size_t> rows,
    std::span<const double> labels,
    std::uint64_t /*seed*/) {
  const RowMatrix x = evenly_weighted(rows_of(design, rows), design);
  const Eigen::RowVectorXd centre = x.colwise().mean();
  const RowMatrix z = x.rowwise() - centre;
  const Eigen::VectorXd raw = as_vector(labels);
  const double mean = raw.mean();
  const Eigen::VectorXd y = (raw.array() - mean).matrix();
  const auto n = static_cast<double>(rows.size());
  // In the dual form everything follows from one decomposition of z z^T.
  const Eigen::MatrixXd gram = z * z.transpose();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(gram);
  const Eigen::MatrixXd& u = solver.eigenvectors();
  const Eigen::ArrayXd s = solver.eigenvalues().array().max(0);
  const Eigen::VectorXd projected = u.transpose() * y;
  double best = std::numeric_limits<double>::infinity();
  double penalty = kPenalties.back();
  for (const double share : kPenalties) {
    const double lambda = share * n;
    const Eigen::ArrayXd kept = s / (s + lambda);
    const Eigen::VectorXd fitted = u * (kept * projected.array()).matrix();
    // 1 / n: the mean is fitted too.
    const Eigen::ArrayXd leverage =
        (u.array().square().matrix() * kept.matrix()).array() + 1 / n;
    const Eigen::ArrayXd left_out =
        (y - fitted).array() / (1 - leverage).max(1e-6);
    const double error = left_out.square().sum();
    if (error < best) {
      best = error;
      penalty = share;
    }
  }
  const Eigen::VectorXd dual =
      u * (projected.array() / (s + penalty * n)).matrix();
  const Eigen::VectorXd weights = z.transpose() * dual;
  return std::make_unique<Ridge>(
      design, weights, mean - centre.dot(weights), penalty);
}

}  // namespace zcp::prediction
