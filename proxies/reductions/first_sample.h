// What MeCo and Dextr look at: the first sample's output of every module.
#pragma once

#include <ATen/ATen.h>

#include <functional>

#include "proxies/engine/observer.h"

namespace zcp::reductions {

/// Calls visit(rows, calls) for each layer's output: rows [C, positions] of
/// the first sample in float64 (C x 1 for a vector, tokens x features for a
/// sequence), calls the number of modules that return this output.
void for_each_first_sample(
    const engine::Pass& pass,
    const std::function<void(const at::Tensor& rows, int calls)>& visit);

/// Of the correlation between the rows; what does not exist counts as 0.
at::Tensor smallest_correlation_eigenvalue(const at::Tensor& rows);

/// log(1 + sum of s_min / s_max over all modules), one element.
at::Tensor log_condition_sum(const engine::Pass& pass);

}  // namespace zcp::reductions
