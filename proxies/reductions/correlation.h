// Correlations between the rows of a matrix.
#pragma once

#include <ATen/ATen.h>

#include "proxies/engine/observer.h"

namespace zcp::reductions {

inline constexpr const char* kConstantJacobian =
    "a sample's Jacobian is constant";

/// d(sum of logits)/dx, a row a sample, float64; undefined where the logits do
/// not depend on x. Rows are in NCHW order.
at::Tensor jacobian_rows(const engine::Pass& pass);

/// Pearson correlation between the rows [n, m] -> [n, n]; nan for a constant
/// row, values clamped to [-1, 1] as numpy.corrcoef does.
at::Tensor row_correlation(const at::Tensor& rows);

}  // namespace zcp::reductions
