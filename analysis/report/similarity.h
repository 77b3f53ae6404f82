// How alike proxies rank architectures.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "analysis/statistics/columns.h"

namespace zcp::report {

/// Kendall's tau-b between columns, in an order that puts similar ones side by
/// side: chain_order() of the distances 1 - tau.
struct Similarity {
  std::vector<std::string> names;
  std::vector<std::vector<double>> tau;  ///< symmetric; NaN where undefined
};

/// A NaN value is a missing score, treated as `missing` says; drop leaves out
/// the rows where either column has none. Throws std::invalid_argument when
/// numbers of names and columns, or lengths of columns, differ.
Similarity compare_proxies(
    std::span<const std::string> names,
    std::span<const std::vector<double>> columns,
    statistics::Missing missing);

}  // namespace zcp::report
