#include <fmt/format.h>

#include <cmath>

#include "analysis/prediction/kernel.h"
#include "analysis/prediction/model.h"
#include "analysis/prediction/numbers.h"
#include "analysis/statistics/gaussian_posterior.h"
#include "common/random.h"

namespace zcp::prediction {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Precision of the prior on the logarithms of weights.
constexpr double kPrior = 3;
constexpr double kJitter = 1e-6;
constexpr std::size_t kMostForWeights = 512;
constexpr int kSteps = 60;

/// The gradient of the log posterior by the logarithms of the weights.
VectorXd gradient(
    const std::vector<MatrixXd>& list,
    const VectorXd& y,
    const VectorXd& log_weights,
    const VectorXd& log_prior) {
  const Index n = y.size();
  const VectorXd weights = log_weights.array().exp().matrix();
  MatrixXd k = MatrixXd::Zero(n, n);
  for (std::size_t i = 0; i < list.size(); ++i) {
    k += weights[static_cast<Index>(i)] * list[i];
  }
  const Index last = weights.size() - 1;
  k.diagonal().array() += weights[last] + kJitter;
  const Eigen::LLT<MatrixXd> factor(k);
  const MatrixXd inverse = factor.solve(MatrixXd::Identity(n, n));
  const VectorXd alpha = inverse * y;
  const MatrixXd m = alpha * alpha.transpose() - inverse;
  VectorXd slope(weights.size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto at = static_cast<Index>(i);
    slope[at] = 0.5 * weights[at] * m.cwiseProduct(list[i]).sum();
  }
  slope[last] = 0.5 * weights[last] * m.trace();
  return slope - kPrior * (log_weights - log_prior);
}

/// Climbs by Rprop (Riedmiller and Braun 1993): steps by the sign of each
/// slope, longer while it stays.
VectorXd
best_weights(const Design& design, const RowMatrix& x, const VectorXd& y) {
  const std::vector<MatrixXd> list = kernels(x, x, design);
  const VectorXd log_prior = prior_weights(design).array().log().matrix();
  VectorXd at = log_prior;
  VectorXd step = VectorXd::Constant(at.size(), 0.3);
  VectorXd before = VectorXd::Zero(at.size());
  for (int i = 0; i < kSteps; ++i) {
    VectorXd slope = gradient(list, y, at, log_prior);
    for (Index w = 0; w < at.size(); ++w) {
      const double turn = slope[w] * before[w];
      if (turn > 0) step[w] = std::min(step[w] * 1.2, 1.0);
      if (turn < 0) {
        step[w] *= 0.5;
        slope[w] = 0;
      }
      if (slope[w] != 0) at[w] += slope[w] > 0 ? step[w] : -step[w];
      before[w] = slope[w];
    }
    if (step.maxCoeff() < 0.01) break;
  }
  return at.array().exp().matrix();
}

class GaussianProcess final : public Fitted {
 public:
  GaussianProcess(
      const Design& design,
      RowMatrix x,
      const VectorXd& y,
      VectorXd weights)
      : design_(design),
        x_(std::move(x)),
        weights_(std::move(weights)),
        mean_(y.mean()) {
    MatrixXd k = weighted_kernel(x_, x_, design_, weights_);
    k.diagonal().array() += noise() + kJitter;
    posterior_ = statistics::GaussianPosterior(k, (y.array() - mean_).matrix());
  }

  Predicted predict(std::span<const std::size_t> rows) const override {
    constexpr std::size_t kChunk = 512;
    Predicted result;
    const double prior = weights_.sum();
    for (std::size_t first = 0; first < rows.size(); first += kChunk) {
      const auto some =
          rows.subspan(first, std::min(kChunk, rows.size() - first));
      const MatrixXd k =
          weighted_kernel(x_, rows_of(design_, some), design_, weights_);
      const VectorXd mean = posterior_.mean(k);
      const VectorXd explained =
          posterior_.reduced(k).colwise().squaredNorm().transpose();
      for (Index i = 0; i < mean.size(); ++i) {
        result.mean.push_back(mean[i] + mean_);
        result.deviation.push_back(
            std::sqrt(std::max(prior - explained[i], noise())));
      }
    }
    return result;
  }

  std::vector<Importance> importance() const override {
    std::vector<double> shares(design_.block_names().size(), 0);
    const std::vector<std::size_t> blocks = kernel_blocks(design_);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      shares[blocks[i]] += weights_[static_cast<Index>(i)];
    }
    return sorted_importance(design_.block_names(), shares);
  }

  std::string setting() const override {
    return fmt::format("noise {:.3f} of {:.3f}", noise(), weights_.sum());
  }

 private:
  double noise() const { return weights_[weights_.size() - 1]; }

  const Design& design_;
  RowMatrix x_;
  VectorXd weights_;
  double mean_;
  statistics::GaussianPosterior posterior_;
};

}  // namespace

std::unique_ptr<Fitted> fit_gaussian_process(
    const Design& design,
    std::span<const std::size_t> rows,
    std::span<const double> labels,
    std::uint64_t seed) {
  RowMatrix x = rows_of(design, rows);
  const VectorXd y = as_vector(labels);
  VectorXd weights;
  if (rows.size() <= kMostForWeights) {
    weights = best_weights(design, x, (y.array() - y.mean()).matrix());
  } else {
    std::vector<std::size_t> part;
    VectorXd some(static_cast<Index>(kMostForWeights));
    for (const std::int64_t at : sample_without_replacement(
             std::ssize(rows), kMostForWeights, derive_seed(seed, "gp"))) {
      some[std::ssize(part)] = y[at];
      part.push_back(rows[static_cast<std::size_t>(at)]);
    }
    const RowMatrix z = rows_of(design, part);
    weights = best_weights(design, z, (some.array() - some.mean()).matrix());
  }
  return std::make_unique<GaussianProcess>(
      design, std::move(x), y, std::move(weights));
}

}  // namespace zcp::prediction
