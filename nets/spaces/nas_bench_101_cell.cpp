#include "nets/spaces/nas_bench_101_cell.h"

#include <algorithm>
#include <numeric>

namespace zcp::spaces::nas_bench_101 {
namespace {

int place(const Permutation& p, int vertex) {
  return p[static_cast<std::size_t>(vertex)];
}

}  // namespace

const std::vector<Permutation>& permutations(int vertices) {
  static const auto all = [] {
    std::array<std::vector<Permutation>, kMostVertices + 1> by_size;
    for (int n = 2; n <= kMostVertices; ++n) {
      Permutation p{};
      std::iota(p.begin(), p.end(), 0);
      do {
        by_size[static_cast<std::size_t>(n)].push_back(p);
      } while (std::next_permutation(p.begin() + 1, p.begin() + n - 1));
    }
    return by_size;
  }();
  return all[static_cast<std::size_t>(vertices)];
}

std::optional<std::uint32_t> permuted_edges(
    const Cell& cell,
    const Permutation& p) {
  std::uint32_t edges = 0;
  for (int to = 1; to < cell.vertices; ++to) {
    for (int from = 0; from < to; ++from) {
      if (!cell.edge(from, to)) continue;
      if (place(p, from) > place(p, to)) return std::nullopt;
      edges |= 1U << Cell::bit(place(p, from), place(p, to));
    }
  }
  return edges;
}

std::array<VertexOp, kMostVertices> permuted_ops(
    const Cell& cell,
    const Permutation& p) {
  std::array<VertexOp, kMostVertices> ops{};
  for (int v = 1; v < cell.vertices - 1; ++v) {
    ops[static_cast<std::size_t>(place(p, v))] = cell.op(v);
  }
  return ops;
}

Cell canonical(const Cell& cell) {
  Cell best = cell;
  for (const Permutation& p : permutations(cell.vertices)) {
    const auto edges = permuted_edges(cell, p);
    if (!edges || *edges > best.edges) continue;
    const auto ops = permuted_ops(cell, p);
    if (*edges == best.edges && !(ops < best.ops)) continue;
    best.edges = *edges;
    best.ops = ops;
  }
  return best;
}

std::uint32_t useful_vertices(const Cell& cell) {
  std::uint32_t reached = 1;
  for (int to = 1; to < cell.vertices; ++to) {
    for (int from = 0; from < to; ++from) {
      if (cell.edge(from, to) && (reached >> from & 1U) != 0) {
        reached |= 1U << to;
      }
    }
  }
  std::uint32_t reaching = 1U << (cell.vertices - 1);
  for (int from = cell.vertices - 2; from >= 0; --from) {
    for (int to = from + 1; to < cell.vertices; ++to) {
      if (cell.edge(from, to) && (reaching >> to & 1U) != 0) {
        reaching |= 1U << from;
      }
    }
  }
  return reached & reaching;
}

std::optional<Cell> pruned(const Cell& cell) {
  const std::uint32_t useful = useful_vertices(cell);
  if ((useful & 1U) == 0) return std::nullopt;
  std::vector<int> kept;
  for (int v = 0; v < cell.vertices; ++v) {
    if ((useful >> v & 1U) != 0) kept.push_back(v);
  }
  Cell small;
  small.vertices = static_cast<int>(kept.size());
  for (int to = 1; to < small.vertices; ++to) {
    for (int from = 0; from < to; ++from) {
      if (cell.edge(
              kept[static_cast<std::size_t>(from)],
              kept[static_cast<std::size_t>(to)])) {
        small.connect(from, to);
      }
    }
    if (to < small.vertices - 1) {
      small.op(to) = cell.op(kept[static_cast<std::size_t>(to)]);
    }
  }
  return small;
}

}  // namespace zcp::spaces::nas_bench_101
