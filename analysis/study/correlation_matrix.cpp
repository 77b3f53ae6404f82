#include "analysis/study/matrix.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <ostream>
#include <stdexcept>
#include <utility>

#include "analysis/study/joined.h"
#include "benchmarks/formats/csv.h"
#include "common/parallel.h"

namespace zcp::study {
namespace {

/// Two columns as the statistics read them.
std::pair<Column, Column>
paired(const Column& a, const Column& b, statistics::Missing missing) {
  constexpr double kLowest = -std::numeric_limits<double>::infinity();
  std::pair<Column, Column> out;
  for (std::size_t row = 0; row < a.size(); ++row) {
    const bool absent = std::isnan(a[row]) || std::isnan(b[row]);
    if (absent && missing == statistics::Missing::drop) continue;
    out.first.push_back(std::isnan(a[row]) ? kLowest : a[row]);
    out.second.push_back(std::isnan(b[row]) ? kLowest : b[row]);
  }
  return out;
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

ColumnMatrix correlate_columns(
    const std::vector<std::string>& names,
    const std::vector<std::vector<double>>& columns,
    statistics::Missing missing,
    double alike) {
  if (columns.empty() || names.size() != columns.size()) {
    throw std::invalid_argument("no columns, or not a name for each");
  }
  const std::size_t count = columns.size();
  ColumnMatrix matrix;
  matrix.names = names;
  matrix.tau.assign(count, Column(count));
  matrix.rho.assign(count, Column(count));
  parallel_for(count * count, [&](std::size_t cell) {
    const std::size_t a = cell / count;
    const std::size_t b = cell % count;
    if (b < a) return;
    const auto [x, y] = paired(columns[a], columns[b], missing);
    matrix.tau[a][b] = matrix.tau[b][a] = statistics::kendall_tau_b(x, y);
    matrix.rho[a][b] = matrix.rho[b][a] = statistics::spearman_rho(x, y);
  });
  matrix.merges = statistics::average_linkage(distances(matrix.tau), count);
  matrix.order = statistics::leaf_order(matrix.merges, count);
  // A height of 1 - alike that is exactly met counts as met.
  matrix.cluster =
      statistics::cut_tree(matrix.merges, count, 1 - alike + 1e-12);
  return matrix;
}

void write_matrix(std::ostream& out, const ColumnMatrix& matrix) {
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
