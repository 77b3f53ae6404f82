// The kernel of the Gaussian process, which choosing labels needs too.
#pragma once

#include <vector>

#include "analysis/prediction/numbers.h"

namespace zcp::prediction {

/// Which block each kernel is of, in the order of kernels().
std::vector<std::size_t> kernel_blocks(const Design& design);

/// Every Gaussian kernel of every block between the rows of a and of b: widths
/// 0.7, 1.5 and 4 in units of the root mean square distance of a column; and of
/// a ranked block with several columns one of width 1.5 for each of them, so
/// that the few proxies that matter can be told from the others.
std::vector<Eigen::MatrixXd>
kernels(const RowMatrix& a, const RowMatrix& b, const Design& design);

/// Their sum by weights, without keeping them all.
Eigen::MatrixXd weighted_kernel(
    const RowMatrix& a,
    const RowMatrix& b,
    const Design& design,
    const Eigen::VectorXd& weights);

/// What the weights are before a label was seen, and the noise behind them: the
/// blocks share by Block::weight, and the kernels of single columns have
/// most of their block's share.
Eigen::VectorXd prior_weights(const Design& design);

}  // namespace zcp::prediction
