#include "analysis/study/correlation_matrix.h"

#include <fmt/format.h>

#include <cmath>
#include <ostream>
#include <stdexcept>

#include "analysis/statistics/correlation.h"
#include "analysis/statistics/pairwise.h"
#include "analysis/study/join.h"
#include "benchmarks/formats/csv.h"

namespace zcp::study {
namespace {

/// How many rows have a value in both columns.
std::size_t rows_of_both(const Column& a, const Column& b) {
  std::size_t rows = 0;
  for (std::size_t row = 0; row < a.size(); ++row) {
    rows += std::isnan(a[row]) || std::isnan(b[row]) ? 0 : 1;
  }
  return rows;
}

/// Tau of the pairs that have enough rows to be called alike, else NaN.
std::vector<Column> claimed(
    std::vector<Column> tau,
    const std::vector<Column>& columns,
    statistics::Missing missing) {
  for (std::size_t a = 0; a < tau.size(); ++a) {
    for (std::size_t b = 0; b < tau.size(); ++b) {
      const std::size_t rows = missing == statistics::Missing::last
                                   ? columns[a].size()
                                   : rows_of_both(columns[a], columns[b]);
      if (rows < statistics::kLeastRows) tau[a][b] = std::nan("");
    }
  }
  return tau;
}

/// 1 - |tau| of every pair, row by row.
Column distances(const std::vector<Column>& tau) {
  Column out;
  for (std::size_t a = 0; a < tau.size(); ++a) {
    for (std::size_t b = 0; b < tau.size(); ++b) {
      const double strength = std::isnan(tau[a][b]) ? 0.0 : std::abs(tau[a][b]);
      out.push_back(a == b ? 0.0 : 1 - strength);
    }
  }
  return out;
}

void write_part(
    std::ostream& out,
    const std::string& statistic,
    const std::vector<std::string>& names,
    const std::vector<Column>& values) {
  for (std::size_t row = 0; row < names.size(); ++row) {
    std::string line = statistic + ",";
    formats::append_csv_field(line, names[row]);
    for (const double value : values[row]) {
      line += ',';
      if (!std::isnan(value)) line += fmt::format("{}", value);
    }
    out << line << '\n';
  }
}

}  // namespace

CorrelationMatrix correlation_matrix(
    const std::vector<std::string>& names,
    const std::vector<std::vector<double>>& columns,
    statistics::Missing missing,
    double alike) {
  if (columns.empty() || names.size() != columns.size()) {
    throw std::invalid_argument("no columns, or not a name for each");
  }
  const std::size_t count = columns.size();
  CorrelationMatrix matrix;
  matrix.names = names;
  matrix.tau =
      statistics::correlate_pairs(columns, missing, statistics::kendall_tau_b);
  matrix.rho =
      statistics::correlate_pairs(columns, missing, statistics::spearman_rho);
  matrix.merges = statistics::average_linkage(
      distances(claimed(matrix.tau, columns, missing)), count);
  matrix.order = statistics::leaf_order(matrix.merges, count);
  // A height of 1 - alike that is exactly met counts as met.
  matrix.cluster =
      statistics::cut_tree(matrix.merges, count, 1 - alike + 1e-12);
  return matrix;
}

void write_matrix(std::ostream& out, const CorrelationMatrix& matrix) {
  std::string header = "statistic,proxy";
  for (const std::string& name : matrix.names) {
    header += ',';
    formats::append_csv_field(header, name);
  }
  out << header << '\n';
  write_part(out, "kendall_tau", matrix.names, matrix.tau);
  write_part(out, "spearman_rho", matrix.names, matrix.rho);
}

}  // namespace zcp::study
