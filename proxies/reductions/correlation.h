// Correlations between the rows of a matrix. Needs LibTorch.
#pragma once

#include <ATen/ATen.h>

#include "proxies/engine/observer.h"

namespace zcp::reductions {

inline constexpr const char* kConstantJacobian =
    "a sample's Jacobian is constant";

/// d(sum of logits)/dx as [samples, C H W], float64; undefined where the sum
/// does not depend on x (jacobian_fault()).
at::Tensor jacobian_rows(const engine::Pass& pass);

/// Why jacobian_rows() are undefined.
const char* jacobian_fault(const engine::Pass& pass);

/// Pearson's correlation between the n rows of a matrix [n, m]: [n, n], nan in
/// the row and column of a constant row, clamped to [-1, 1] as numpy.corrcoef
/// does.
at::Tensor row_correlation(const at::Tensor& rows);

}  // namespace zcp::reductions
