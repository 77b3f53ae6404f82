#include "analysis/prediction/kernel.h"

#include <array>

namespace zcp::prediction {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Widths of the Gaussian kernels, in units of a block's root mean square
/// distance of a column.
constexpr std::array kWidths{0.7, 1.5, 4.0};
constexpr double kSignal = 0.7;  ///< of the variance, a priori, for all kernels
constexpr double kNoise = 0.2;

/// Squared distances of rows of a and b within a block, a column's mean.
MatrixXd distances(
    const RowMatrix& a,
    const RowMatrix& b,
    const Design& design,
    std::size_t block) {
  const auto& bounds = design.numbers().bounds;
  const Index first = bounds[block];
  const Index width = bounds[block + 1] - first;
  const auto p = a.middleCols(first, width);
  const auto q = b.middleCols(first, width);
  MatrixXd d = -2 * (p * q.transpose());
  d.colwise() += p.rowwise().squaredNorm();
  d.rowwise() += q.rowwise().squaredNorm().transpose();
  return (d / double(width)).cwiseMax(0);
}

}  // namespace

std::vector<MatrixXd>
kernels(const RowMatrix& a, const RowMatrix& b, const Design& design) {
  std::vector<MatrixXd> list;
  for (std::size_t block = 0; block < design.block_names().size(); ++block) {
    const MatrixXd d = distances(a, b, design, block);
    for (const double width : kWidths) {
      list.push_back((d / (-2 * width * width)).array().exp().matrix());
    }
  }
  return list;
}

MatrixXd weighted_kernel(
    const RowMatrix& a,
    const RowMatrix& b,
    const Design& design,
    const VectorXd& weights) {
  MatrixXd sum = MatrixXd::Zero(a.rows(), b.rows());
  Index at = 0;
  for (std::size_t block = 0; block < design.block_names().size(); ++block) {
    const MatrixXd d = distances(a, b, design, block);
    for (const double width : kWidths) {
      sum.array() += weights[at++] * (d.array() / (-2 * width * width)).exp();
    }
  }
  return sum;
}

VectorXd prior_weights(const Design& design) {
  const std::size_t count = design.block_names().size() * kWidths.size();
  VectorXd weights(static_cast<Index>(count) + 1);
  weights.setConstant(kSignal / static_cast<double>(count));
  weights[static_cast<Index>(count)] = kNoise;
  return weights;
}

}  // namespace zcp::prediction
