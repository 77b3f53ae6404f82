// Every column against every other: which proxies say the same, or which
// devices rank architectures alike by latency.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

#include "analysis/statistics/cluster.h"
#include "analysis/statistics/columns.h"

namespace zcp::study {

/// Rank correlations of columns and the clusters that they form.
struct CorrelationMatrix {
  std::vector<std::string> names;
  std::vector<std::vector<double>> tau;   ///< Kendall's tau-b, symmetric
  std::vector<std::vector<double>> rho;   ///< Spearman's rho, symmetric
  std::vector<statistics::Merge> merges;  ///< average linkage of 1 - |tau|
  std::vector<std::size_t> order;         ///< names, clusters together
  /// The cluster of each name, numbered from 0 by `names`.
  std::vector<std::size_t> cluster;
};

/// `columns` have a row for each architecture, NaN where a value is missing:
/// missing values rank last, or a pair of columns is compared without those
/// rows, as `missing` says. Clusters are those
/// whose members' mean |tau| is at least `alike` (in [0, 1]); a correlation
/// that does not exist (NaN in the matrix) or is over fewer than
/// statistics::kLeastRows rows counts as 0 there. O(c^2 n
/// log n) on all cores. Throws std::invalid_argument when there is no column
/// or the lengths differ.
CorrelationMatrix correlation_matrix(
    const std::vector<std::string>& names,
    const std::vector<std::vector<double>>& columns,
    statistics::Missing missing,
    double alike);

/// Writes a CSV `statistic,proxy,NAME,...` with a row for each name, first
/// those of tau, then those of rho; a field is empty where there is no
/// correlation.
void write_matrix(std::ostream& out, const CorrelationMatrix& matrix);

}  // namespace zcp::study
