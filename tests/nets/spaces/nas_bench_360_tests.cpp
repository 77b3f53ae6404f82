// Check values: counts of an independent PyTorch implementation,
// tests/reference/spaces.py.
#include <string>

#include "common/error.h"
#include "nets/spaces/space.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::graph;
using namespace zcp::spaces;

namespace {

const Space& space() {
  return find_space("nas-bench-360");
}

const Shape kGrid{3, 85, 85};
const Output kPressure{1, Head::pixels};

const std::string kMixed =
    "|nor_conv_3x3~0|+|nor_conv_1x1~0|avg_pool_3x3~1|+|skip_connect~0|"
    "nor_conv_3x3~1|none~2|";
const std::string kDead =
    "|none~0|+|none~0|none~1|+|none~0|nor_conv_3x3~1|avg_pool_3x3~2|";

}  // namespace

TEST_CASE("NAS-Bench-360: #params and MACs on Darcy flow") {
  const Graph mixed = space().build(kMixed, kGrid, kPressure);
  CHECK(mixed.params() == 589745);
  CHECK(mixed.macs() == 4229926825);
  const Graph pools = space().build(
      "|avg_pool_3x3~0|+|avg_pool_3x3~0|skip_connect~1|+|none~0|"
      "nor_conv_1x1~1|avg_pool_3x3~2|",
      kGrid,
      kPressure);
  CHECK(pools.params() == 39473);
  CHECK(pools.macs() == 271782825);
}

TEST_CASE("NAS-Bench-360: classes take the NATS-TSS network") {
  const Graph own = space().build(kMixed, {1, 16, 52}, 18);
  const Graph nats = find_space("nats-tss").build(kMixed, {1, 16, 52}, 18);
  CHECK(own.hash() == nats.hash());
  CHECK(own.params() == nats.params());
  CHECK(own.output_shape() == Shape{18, 1, 1});
}

TEST_CASE("NAS-Bench-360: Darcy flow keeps the resolution in 18 blocks") {
  const Graph graph = space().build(kMixed, kGrid, kPressure);
  REQUIRE(graph.blocks().size() == 18);
  const auto shape = [&](std::size_t i) {
    return graph.nodes()[static_cast<std::size_t>(graph.blocks()[i])].shape;
  };
  CHECK(shape(0) == Shape{16, 85, 85});
  CHECK(shape(6) == Shape{32, 85, 85});
  CHECK(shape(17) == Shape{64, 85, 85});
  CHECK(graph.output_shape() == Shape{1, 85, 85});
  CHECK_THROWS_AS(
      space().build(kMixed, kGrid, {9, Head::vector}), zcp::UserError);
}

TEST_CASE("NAS-Bench-360: a dead cell leaves a linear layer of zeros") {
  CHECK(space().build(kDead, kGrid, kPressure).nodes().size() == 3);
}
