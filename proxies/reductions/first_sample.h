// What MeCo and Dextr look at: the first sample's output of every module. Needs
// LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <functional>

#include "proxies/engine/observer.h"

namespace zcp::reductions {

/// Sum over the layers' outputs of term(rows, calls), a tensor of one element:
/// rows [C, positions] of the first sample in float64 (C x 1 for a vector,
/// tokens x features for a sequence), calls the number of modules that return
/// this output. Degenerate when the sum is not finite.
engine::Score sum_over_first_samples(
    const engine::Pass& pass,
    const std::function<at::Tensor(const at::Tensor& rows, int calls)>& term);

/// The smallest eigenvalue of the correlation between the rows, in which what
/// does not exist (that of a constant row) counts as 0; 0 for a single column.
at::Tensor smallest_correlation_eigenvalue(const at::Tensor& rows);

/// log(1 + sum over all modules of s_min / s_max), s the singular values of the
/// first sample's output; a tensor of one element.
at::Tensor log_condition_sum(const engine::Pass& pass);

}  // namespace zcp::reductions
