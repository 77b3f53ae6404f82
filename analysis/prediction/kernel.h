// The kernel of the Gaussian process, which choosing labels needs too.
#pragma once

#include <vector>

#include "analysis/prediction/numbers.h"

namespace zcp::prediction {

/// Every Gaussian kernel of every block between the rows of a and of b: widths
/// 0.7, 1.5 and 4 in units of the root mean square distance of a column.
std::vector<Eigen::MatrixXd>
kernels(const RowMatrix& a, const RowMatrix& b, const Design& design);

/// Their sum by weights, without keeping them all.
Eigen::MatrixXd weighted_kernel(
    const RowMatrix& a,
    const RowMatrix& b,
    const Design& design,
    const Eigen::VectorXd& weights);

/// What the weights are before a label was seen, and the noise behind them.
Eigen::VectorXd prior_weights(const Design& design);

}  // namespace zcp::prediction
