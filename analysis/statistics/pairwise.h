// A correlation of every column with every other.
#pragma once

#include <span>
#include <vector>

#include "analysis/statistics/columns.h"

namespace zcp::statistics {

/// A correlation of two columns without a NaN, such as kendall_tau_b.
using CorrelationOf =
    double (*)(std::span<const double> x, std::span<const double> y);

/// `correlation` of every two of `columns` (equal lengths, NaN: no value),
/// [column][column], symmetric, NaN where there is none. In each pair missing
/// values rank last or their rows are left out, as `missing` says. On all
/// cores. Throws std::invalid_argument when the lengths differ.
std::vector<std::vector<double>> correlate_pairs(
    std::span<const std::vector<double>> columns,
    Missing missing,
    CorrelationOf correlation);

}  // namespace zcp::statistics
