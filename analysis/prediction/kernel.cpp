#include "analysis/prediction/kernel.h"

#include <array>
#include <span>

namespace zcp::prediction {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Widths of the Gaussian kernels, in units of a block's root mean square
/// distance of a column.
constexpr std::array kWidths{0.7, 1.5, 4.0};
constexpr std::array kOwnWidth{1.5};  ///< of a single proxy
constexpr double kOwnShare = 0.7;     ///< of their block
constexpr double kSignal = 0.7;  ///< of the variance, a priori, for all kernels
constexpr double kNoise = 0.1;

/// Columns that have kernels of their own.
struct Part {
  std::size_t block;
  Index first;
  Index count;
  std::span<const double> widths;
  double weight;  ///< of all its kernels
};

std::vector<Part> parts_of(const Design& design) {
  const auto& numbers = design.numbers();
  std::vector<Part> parts;
  for (std::size_t block = 0; block < numbers.blocks.size(); ++block) {
    const Index first = numbers.bounds[block];
    const Index count = numbers.bounds[block + 1] - first;
    const bool single = numbers.ranked[block] && count > 1;
    const double weight = numbers.weights[block];
    const double own = single ? kOwnShare * weight : 0;
    parts.push_back({block, first, count, kWidths, weight - own});
    for (Index column = 0; single && column < count; ++column) {
      parts.push_back(
          {block, first + column, 1, kOwnWidth, own / double(count)});
    }
  }
  return parts;
}

/// Squared distances of rows of a and b within a part, a column's mean.
MatrixXd distances(const RowMatrix& a, const RowMatrix& b, const Part& part) {
  const auto p = a.middleCols(part.first, part.count);
  const auto q = b.middleCols(part.first, part.count);
  MatrixXd d = -2 * (p * q.transpose());
  d.colwise() += p.rowwise().squaredNorm();
  d.rowwise() += q.rowwise().squaredNorm().transpose();
  return (d / double(part.count)).cwiseMax(0);
}

}  // namespace

std::vector<std::size_t> kernel_blocks(const Design& design) {
  std::vector<std::size_t> blocks;
  for (const Part& part : parts_of(design)) {
    blocks.insert(blocks.end(), part.widths.size(), part.block);
  }
  return blocks;
}

std::vector<MatrixXd>
kernels(const RowMatrix& a, const RowMatrix& b, const Design& design) {
  std::vector<MatrixXd> list;
  for (const Part& part : parts_of(design)) {
    const MatrixXd d = distances(a, b, part);
    for (const double width : part.widths) {
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
  for (const Part& part : parts_of(design)) {
    const MatrixXd d = distances(a, b, part);
    for (const double width : part.widths) {
      sum.array() += weights[at++] * (d.array() / (-2 * width * width)).exp();
    }
  }
  return sum;
}

VectorXd prior_weights(const Design& design) {
  const std::vector<Part> parts = parts_of(design);
  double all = 0;
  for (const Part& part : parts) all += part.weight;
  std::vector<double> weights;
  for (const Part& part : parts) {
    const double each =
        kSignal * part.weight / all / double(part.widths.size());
    weights.insert(weights.end(), part.widths.size(), each);
  }
  weights.push_back(kNoise);
  return as_vector(weights);
}

}  // namespace zcp::prediction
