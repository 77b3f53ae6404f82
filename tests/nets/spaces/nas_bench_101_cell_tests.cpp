// Cells of NAS-Bench-101 by hand.
#include "nets/spaces/nas_bench_101_cell.h"
#include "tests/support/test_files.h"

using namespace zcp::spaces::nas_bench_101;

namespace {

/// Input -> `a` -> `b` -> output.
Cell chain(VertexOp a, VertexOp b) {
  Cell cell;
  cell.vertices = 4;
  cell.op(1) = a;
  cell.op(2) = b;
  for (int v = 0; v < 3; ++v) cell.connect(v, v + 1);
  return cell;
}

/// Input -> `a` and `b` side by side -> output.
Cell pair(VertexOp a, VertexOp b) {
  Cell cell;
  cell.vertices = 4;
  cell.op(1) = a;
  cell.op(2) = b;
  for (const int v : {1, 2}) {
    cell.connect(0, v);
    cell.connect(v, 3);
  }
  return cell;
}

}  // namespace

TEST_CASE("NAS-Bench-101 cells: edges lie in the matrix column by column") {
  CHECK(Cell::bit(0, 1) == 0);
  CHECK(Cell::bit(0, 2) == 1);
  CHECK(Cell::bit(1, 2) == 2);
  CHECK(Cell::bit(5, 6) == 20);  // 21 in all
}

TEST_CASE("NAS-Bench-101 cells: inner vertices are permuted in every way") {
  CHECK(permutations(2).size() == 1);
  CHECK(permutations(3).size() == 1);
  CHECK(permutations(5).size() == 6);
  CHECK(permutations(7).size() == 120);
  for (const Permutation& p : permutations(7)) {
    CHECK(p[0] == 0);
    CHECK(p[6] == 6);
  }
}

TEST_CASE("NAS-Bench-101 cells: parallel vertices commute, a chain does not") {
  const auto conv = VertexOp::conv3x3;
  const auto pool = VertexOp::maxpool3x3;
  CHECK(canonical(pair(pool, conv)) == canonical(pair(conv, pool)));
  CHECK(canonical(pair(pool, conv)) == pair(conv, pool));
  CHECK_FALSE(canonical(chain(pool, conv)) == canonical(chain(conv, pool)));
  // The only order of a chain in which no edge points backwards.
  CHECK(canonical(chain(pool, conv)) == chain(pool, conv));
}

TEST_CASE("NAS-Bench-101 cells: what is on no path is pruned") {
  Cell cell = chain(VertexOp::conv1x1, VertexOp::conv3x3);
  CHECK(useful_vertices(cell) == 0b1111);
  CHECK(pruned(cell).value() == cell);
  // 0 -> 1 -> 3 without the edge 1 -> 2: vertex 2 comes from nowhere.
  cell.edges &= ~(1U << Cell::bit(1, 2));
  cell.connect(1, 3);
  CHECK(useful_vertices(cell) == 0b1011);
  const Cell small = pruned(cell).value();
  CHECK(small.vertices == 3);
  CHECK(small.edges == 0b101);  // 0 -> 1 and 1 -> 2
  CHECK(small.op(1) == VertexOp::conv1x1);
  cell.edges &= ~(1U << Cell::bit(0, 1));
  CHECK_FALSE(pruned(cell).has_value());
}
