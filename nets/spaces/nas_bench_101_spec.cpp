#include "nets/spaces/nas_bench_101_spec.h"

#include <algorithm>
#include <bit>
#include <vector>

#include "common/error.h"
#include "nets/spaces/naslib_tuple.h"
#include "nets/spaces/spec.h"

namespace zcp::spaces::nas_bench_101 {
namespace {

/// The canonical form of a cell as read, once it is found to be a member.
Cell checked(const Cell& cell, std::string_view spec) {
  const std::optional<Cell> useful = pruned(cell);
  if (!useful) {
    throw UserError(
        "spec '{}': no path leads from the input to the output", spec);
  }
  if (std::popcount(useful->edges) > kMostEdges) {
    throw UserError(
        "spec '{}': {} edges, expected {} or fewer",
        spec,
        std::popcount(useful->edges),
        kMostEdges);
  }
  return canonical(*useful);
}

void parse_row(
    std::string_view row,
    int from,
    Cell& cell,
    std::string_view spec) {
  if (std::ssize(row) != cell.vertices ||
      row.find_first_not_of("01") != std::string_view::npos) {
    throw UserError(
        "spec '{}': row {} is '{}', expected {} digits 0 or 1",
        spec,
        from,
        row,
        cell.vertices);
  }
  for (int to = 0; to < cell.vertices; ++to) {
    if (row[static_cast<std::size_t>(to)] == '0') continue;
    if (to <= from) {
      throw UserError(
          "spec '{}': row {} has an edge to vertex {}, expected edges to "
          "later vertices only",
          spec,
          from,
          to);
    }
    cell.connect(from, to);
  }
}

void parse_op(
    std::string_view name,
    int vertex,
    Cell& cell,
    std::string_view spec) {
  const bool first = vertex == 0;
  const bool last = vertex == cell.vertices - 1;
  if (first || last) {
    const std::string_view expected = first ? "input" : "output";
    if (name == expected) return;
    throw UserError(
        "spec '{}': vertex {} is '{}', expected {}",
        spec,
        vertex,
        name,
        expected);
  }
  const auto found = std::ranges::find(kOpNames, name);
  if (found == kOpNames.end()) {
    throw UserError(
        "spec '{}': unknown operation '{}', expected conv3x3-bn-relu, "
        "conv1x1-bn-relu or maxpool3x3",
        spec,
        name);
  }
  cell.op(vertex) = static_cast<VertexOp>(found - kOpNames.begin());
}

Cell parse_matrix(std::string_view spec, std::size_t bar) {
  const auto rows = split_spec(spec.substr(0, bar), '-');
  const auto names = split_spec(spec.substr(bar + 1), ',');
  Cell cell;
  cell.vertices = static_cast<int>(rows.size());
  if (cell.vertices < 2 || cell.vertices > kMostVertices) {
    throw UserError(
        "spec '{}': {} row(s), expected 2 to {}",
        spec,
        cell.vertices,
        kMostVertices);
  }
  if (names.size() != rows.size()) {
    throw UserError(
        "spec '{}': {} operation(s), expected {}, one a row",
        spec,
        names.size(),
        rows.size());
  }
  for (int v = 0; v < cell.vertices; ++v) {
    parse_row(rows[static_cast<std::size_t>(v)], v, cell, spec);
    parse_op(names[static_cast<std::size_t>(v)], v, cell, spec);
  }
  return checked(cell, spec);
}

/// NASLib's numbers of the operations.
std::string_view naslib_op(int number) {
  constexpr std::array<std::string_view, 5> names{
      "input", "output", kOpNames[2], kOpNames[1], kOpNames[0]};
  return names[static_cast<std::size_t>(number)];
}

/// The numbers, with brackets around them or without.
std::vector<int> parse_numbers(std::string_view spec) {
  constexpr int kMost = 4;
  constexpr std::string_view kExpected =
      "rows and operations "
      "(0110-0001-0001-0000|input,conv3x3-bn-relu,maxpool3x3,output), or "
      "NASLib's 49 matrix entries and 7 operations 0 to 4";
  if (is_naslib_tuple(spec)) return naslib_numbers(spec, kMost, kExpected);
  NaslibTupleReader reader(spec, kExpected);
  std::vector<int> numbers;
  do {
    numbers.push_back(reader.number(kMost));
  } while (reader.accept_comma());
  reader.end();
  return numbers;
}

/// NASLib's tuple: the matrix row by row, then the operations; 56 numbers for
/// seven vertices.
Cell parse_tuple(std::string_view spec) {
  const std::vector<int> numbers = parse_numbers(spec);
  Cell cell;
  while (cell.vertices < kMostVertices &&
         cell.vertices * (cell.vertices + 1) < std::ssize(numbers)) {
    ++cell.vertices;
  }
  const auto n = static_cast<std::size_t>(cell.vertices);
  if (numbers.size() != n * (n + 1)) {
    throw UserError(
        "spec '{}': {} numbers, expected 49 matrix entries and 7 operations",
        spec,
        numbers.size());
  }
  for (int v = 0; v < cell.vertices; ++v) {
    const auto at = static_cast<std::size_t>(v);
    std::string row;
    for (std::size_t to = 0; to < n; ++to) {
      row += static_cast<char>('0' + numbers[at * n + to]);
    }
    parse_row(row, v, cell, spec);
    parse_op(naslib_op(numbers[n * n + at]), v, cell, spec);
  }
  return checked(cell, spec);
}

}  // namespace

Cell parse(std::string_view spec) {
  const std::size_t bar = spec.find('|');
  return bar == std::string_view::npos ? parse_tuple(spec)
                                       : parse_matrix(spec, bar);
}

std::string format(const Cell& cell) {
  std::string spec;
  for (int from = 0; from < cell.vertices; ++from) {
    if (from > 0) spec += '-';
    for (int to = 0; to < cell.vertices; ++to) {
      spec += cell.edge(from, to) ? '1' : '0';
    }
  }
  spec += "|input";
  for (int v = 1; v < cell.vertices - 1; ++v) {
    spec += ',';
    spec += kOpNames[static_cast<std::size_t>(cell.op(v))];
  }
  return spec + ",output";
}

}  // namespace zcp::spaces::nas_bench_101
