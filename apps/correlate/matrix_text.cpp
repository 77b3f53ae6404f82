#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/correlate/print.h"
#include "apps/text_table.h"

namespace zcp::apps {
namespace {

constexpr std::size_t kWidth = 100;  ///< of a line

/// Numbers of the proxies in the matrix as printed, from 1.
std::string label(std::size_t place) {
  return fmt::format("{}", place + 1);
}

/// The columns [first, last) of the matrix in its order: rho right of the
/// diagonal, tau left of it.
void print_block(
    const study::CorrelationMatrix& matrix,
    std::size_t first,
    std::size_t last,
    TableWriter& out) {
  const auto& order = matrix.order;
  std::vector<Cells> lines{{"", "proxy"}};
  for (std::size_t column = first; column < last; ++column) {
    lines.front().push_back(label(column));
  }
  for (std::size_t row = 0; row < order.size(); ++row) {
    Cells cells{label(row), matrix.names[order[row]]};
    for (std::size_t column = first; column < last; ++column) {
      const auto& values = column < row ? matrix.tau : matrix.rho;
      cells.push_back(
          column == row ? "."
                        : fixed_number(values[order[row]][order[column]], 2));
    }
    lines.push_back(std::move(cells));
  }
  out.table(lines, 2);
}

/// "naswot, nwot (mean |tau| .951)"
std::string describe_cluster(
    const study::CorrelationMatrix& matrix,
    const std::vector<std::size_t>& members) {
  std::vector<std::string> names;
  double sum = 0;
  double pairs = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    names.push_back(matrix.names[members[i]]);
    for (std::size_t j = 0; j < i; ++j) {
      sum += std::abs(matrix.tau[members[i]][members[j]]);
      pairs += 1;
    }
  }
  return fmt::format(
      "{} (mean |tau| {})", fmt::join(names, ", "), short_number(sum / pairs));
}

void print_clusters(
    const study::CorrelationMatrix& matrix,
    double alike,
    TableWriter& out) {
  std::vector<std::vector<std::size_t>> clusters(matrix.names.size());
  for (const std::size_t item : matrix.order) {
    clusters[matrix.cluster[item]].push_back(item);
  }
  std::vector<std::string> alone;
  out.note(
      fmt::format(
          "clusters (average linkage, mean |tau| of {} or more)", alike),
      2);
  for (const auto& members : clusters) {
    if (members.size() == 1) alone.push_back(matrix.names[members[0]]);
    if (members.size() < 2) continue;
    out.note(describe_cluster(matrix, members), 4);
  }
  if (!alone.empty()) {
    out.note(fmt::format("alone: {}", fmt::join(alone, ", ")), 4);
  }
}

}  // namespace

void print_matrix(const CorrelateResult& result, TableWriter& out) {
  if (!result.options.pairs) return;
  if (!result.study.rows.empty()) out.gap();
  const study::CorrelationMatrix& matrix = *result.matrix;
  out.title(fmt::format(
      "every two proxies, n = {}: tau left of the dots, rho right of them",
      result.matrix_rows));
  std::size_t widest = 5;
  for (const std::string& name : matrix.names) {
    widest = std::max(widest, name.size());
  }
  // An indent, the row's number and name, then six characters a column.
  const std::size_t used = 2 + 2 + 2 + widest;
  const std::size_t fit = used + 6 < kWidth ? (kWidth - used) / 6 : 1;
  for (std::size_t first = 0; first < matrix.names.size(); first += fit) {
    if (first != 0) out.gap();
    print_block(matrix, first, std::min(first + fit, matrix.names.size()), out);
  }
  if (result.matrix_rows >= statistics::kLeastRows) {
    print_clusters(matrix, result.options.alike, out);
    return;
  }
  out.note(
      fmt::format(
          "fewer than {} architectures: none are called alike",
          statistics::kLeastRows),
      2);
}

}  // namespace zcp::apps
