#include "analysis/report/similarity.h"

#include <cmath>
#include <stdexcept>

#include "analysis/statistics/cluster.h"
#include "analysis/statistics/correlation.h"
#include "analysis/statistics/pairwise.h"

namespace zcp::report {
namespace {

using Matrix = std::vector<std::vector<double>>;

/// 1 - tau of every pair, row by row; a tau that does not exist counts as zero.
std::vector<double> distances(const Matrix& tau) {
  std::vector<double> out;
  for (const std::vector<double>& row : tau) {
    for (const double value : row) {
      out.push_back(1 - (std::isnan(value) ? 0 : value));
    }
  }
  return out;
}

}  // namespace

Similarity compare_proxies(
    std::span<const std::string> names,
    std::span<const std::vector<double>> columns,
    statistics::Missing missing) {
  if (names.size() != columns.size()) {
    throw std::invalid_argument("compare_proxies: a name a column");
  }
  const Matrix tau =
      statistics::correlate_pairs(columns, missing, statistics::kendall_tau_b);
  const std::vector<std::size_t> order =
      statistics::chain_order(distances(tau), tau.size());
  Similarity similarity;
  for (const std::size_t i : order) {
    similarity.names.push_back(names[i]);
    similarity.tau.emplace_back();
    for (const std::size_t j : order) {
      similarity.tau.back().push_back(tau[i][j]);
    }
  }
  return similarity;
}

}  // namespace zcp::report
