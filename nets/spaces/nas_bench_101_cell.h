// Cells of NAS-Bench-101 as matrices and operations, and which of them are the
// same cell: google-research/nasbench, nasbench/scripts/generate_graphs.py and
// nasbench/lib/graph_util.py.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace zcp::spaces::nas_bench_101 {

inline constexpr int kMostVertices = 7;
inline constexpr int kMostEdges = 9;

/// Operations in the order in which the benchmark numbers them.
enum class VertexOp : std::uint8_t { conv3x3, conv1x1, maxpool3x3 };
inline constexpr int kOps = 3;
inline constexpr std::array<std::string_view, kOps> kOpNames{
    "conv3x3-bn-relu",
    "conv1x1-bn-relu",
    "maxpool3x3"};

/// A cell: a directed acyclic graph from vertex 0, its input, to the last
/// vertex, its output.
struct Cell {
  int vertices = 2;
  /// Upper triangle of the matrix, column after column from the lowest bit, as
  /// the benchmark writes it.
  std::uint32_t edges = 0;
  /// By vertex; those of input and output mean nothing.
  std::array<VertexOp, kMostVertices> ops{};

  bool edge(int from, int to) const {
    return from < to && (edges >> bit(from, to) & 1U) != 0;
  }
  void connect(int from, int to) { edges |= 1U << bit(from, to); }
  VertexOp& op(int vertex) { return ops[static_cast<std::size_t>(vertex)]; }
  VertexOp op(int vertex) const {
    return ops[static_cast<std::size_t>(vertex)];
  }

  /// Place of an edge in `edges`.
  static int bit(int from, int to) { return from + to * (to - 1) / 2; }

  bool operator==(const Cell&) const = default;
};

/// New place of each vertex; input and output keep theirs.
using Permutation = std::array<int, kMostVertices>;

/// Every permutation of the inner vertices of a cell of 2 to 7 vertices, the
/// identity first.
const std::vector<Permutation>& permutations(int vertices);

/// The edges with vertices renamed; none where one would point backwards.
std::optional<std::uint32_t> permuted_edges(
    const Cell& cell,
    const Permutation& p);

/// The operations with vertices renamed.
std::array<VertexOp, kMostVertices> permuted_ops(
    const Cell& cell,
    const Permutation& p);

/// The isomorphic cell that the benchmark's generator meets first: the least
/// edges read as a number, then the least operations.
Cell canonical(const Cell& cell);

/// Vertices on a path from input to output, as bits.
std::uint32_t useful_vertices(const Cell& cell);

/// The cell without the vertices that do not matter; none where input and
/// output are not connected.
std::optional<Cell> pruned(const Cell& cell);

}  // namespace zcp::spaces::nas_bench_101
