// Layers of AutoDL's networks, by counts made by hand.
#include <array>
#include <utility>

#include "nets/spaces/nats_layers.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::graph;
using namespace zcp::spaces;

namespace {

constexpr std::int64_t kNorm = 2;  // parameters of a BatchNorm a channel

/// #params of a cell of one operation on 4 channels that has `out`.
std::int64_t params_of_cell(CellOp op, int out, bool affine = true) {
  GraphBuilder graph({4, 8, 8}, Folding::counted);
  NatsCell cell;
  cell.ops.fill(op);
  const Value y = add_nats_cell(graph, cell, graph.input(), out, affine);
  CHECK(graph.shape(y) == Shape{out, 8, 8});
  return std::move(graph).finish(y).params();
}

}  // namespace

TEST_CASE("NATS cells: #params of each operation") {
  CHECK(params_of_cell(CellOp::none, 4) == 0);
  CHECK(params_of_cell(CellOp::skip_connect, 4) == 0);
  CHECK(params_of_cell(CellOp::avg_pool_3x3, 4) == 0);
  CHECK(params_of_cell(CellOp::nor_conv_1x1, 4) == 6 * (4 * 4 + 4 * kNorm));
  CHECK(params_of_cell(CellOp::nor_conv_3x3, 4) == 6 * (9 * 4 * 4 + 4 * kNorm));
  CHECK(params_of_cell(CellOp::nor_conv_3x3, 4, false) == 6 * 9 * 4 * 4);
}

TEST_CASE("NATS cells: the three edges out of node 0 change the channels") {
  const std::int64_t widening = 4 * 6 + 6 * kNorm;
  CHECK(params_of_cell(CellOp::none, 6) == 0);
  CHECK(params_of_cell(CellOp::skip_connect, 6) == 3 * widening);
  CHECK(params_of_cell(CellOp::avg_pool_3x3, 6) == 3 * widening);
  CHECK(
      params_of_cell(CellOp::nor_conv_3x3, 6) ==
      3 * (9 * 4 * 6 + 6 * kNorm) + 3 * (9 * 6 * 6 + 6 * kNorm));
}

TEST_CASE("NATS reductions halve the map, of even sizes alone") {
  GraphBuilder graph({4, 8, 6}, Folding::counted);
  const Value y = add_nats_reduction(graph, graph.input(), 8);
  CHECK(graph.shape(y) == Shape{8, 4, 3});
  CHECK(
      std::move(graph).finish(y).params() ==
      (9 * 4 * 8 + 8 * kNorm) + (9 * 8 * 8 + 8 * kNorm) + 4 * 8);
  GraphBuilder odd({4, 7, 8});
  CHECK(zcp::test::user_error([&] {
          add_nats_reduction(odd, odd.input(), 8);
        }).find("7x8") != std::string::npos);
}

TEST_CASE("NATS stem and classifier") {
  GraphBuilder graph({3, 8, 8}, Folding::counted);
  const Value stem = add_nats_stem(graph, 16);
  const Value logits = add_nats_classifier(graph, stem, 10);
  CHECK(graph.shape(logits) == Shape{10, 1, 1});
  CHECK(
      std::move(graph).finish(logits).params() ==
      9 * 3 * 16 + 16 * kNorm + 16 * kNorm + 16 * 10 + 10);
}
