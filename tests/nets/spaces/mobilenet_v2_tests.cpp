// Check values: the table of ZenNAS's README and its structure files, and
// tests/reference/convnets.py.
#include <set>
#include <string>

#include "common/error.h"
#include "nets/spaces/mobilenet_v2_structure.h"
#include "nets/spaces/space.h"
#include "tests/support/test_files.h"

using namespace zcp::graph;
using namespace zcp::spaces;

namespace {

const Space& space() {
  return find_space("mobilenet-v2");
}

Graph build(const std::string& spec, int classes = 1000) {
  return space().build(spec, {3, 224, 224}, classes);
}

// ZenNet/zennet_imagenet1k_flops{400,600,900}M_res224.txt
const std::string k400 =
    "SuperConvK3BNRELU(3,16,2,1)SuperResIDWE1K7(16,40,2,40,1)"
    "SuperResIDWE1K7(40,64,2,64,1)SuperResIDWE4K7(64,96,2,96,5)"
    "SuperResIDWE2K7(96,224,2,224,5)SuperConvK1BNRELU(224,2048,1,1)";
const std::string k600 =
    "SuperConvK3BNRELU(3,24,2,1)SuperResIDWE1K7(24,48,2,48,1)"
    "SuperResIDWE2K7(48,72,2,72,1)SuperResIDWE6K7(72,96,2,88,5)"
    "SuperResIDWE4K7(96,192,2,168,5)SuperConvK1BNRELU(192,2048,1,1)";
const std::string k900 =
    "SuperConvK3BNRELU(3,16,2,1)SuperResIDWE1K7(16,48,2,72,1)"
    "SuperResIDWE2K7(48,72,2,64,3)SuperResIDWE2K7(72,152,2,144,3)"
    "SuperResIDWE2K7(152,360,2,352,4)SuperResIDWE4K7(360,288,1,264,3)"
    "SuperConvK1BNRELU(288,2048,1,1)";

}  // namespace

TEST_CASE("mobilenet-v2: ZenNAS's published networks") {
  // The README's 5.7, 7.1 and 19.4 M: the first two are without the squeeze and
  // excitation of their names, the third is with it.
  CHECK(build(k400).params() == 5698208);
  CHECK(build(k400 + "+SE").params() == 7466024);
  CHECK(build(k600).params() == 7125944);
  CHECK(build(k600 + "+SE").params() == 11311664);
  CHECK(build(k900).params() == 13300208);
  CHECK(build(k900 + "+SE").params() == 19351644);
  // The README's 410, 611 and 934 M FLOPs count more than multiplications.
  CHECK(build(k400 + "+SE").macs() == doctest::Approx(410e6).epsilon(0.025));
  CHECK(build(k600 + "+SE").macs() == doctest::Approx(611e6).epsilon(0.025));
  CHECK(build(k900 + "+SE").macs() == doctest::Approx(934e6).epsilon(0.025));
  // Six blocks.
  CHECK(build(k400).blocks().size() == 6);
}

TEST_CASE("mobilenet-v2: a small structure by hand") {
  // Stem 3 x 8 x 9 + 16; halves: 8 -> 48 -> 3x3 -> 8 with a projection of
  // stride 2, then 8 -> 96 -> 3x3 -> 16 with one because channels change.
  const std::string spec =
      "SuperConvK3BNRELU(3,8,2,1)SuperResIDWE6K3(8,16,2,8,1)";
  const std::int64_t stem = 3 * 8 * 9 + 16;
  const std::int64_t first =
      8 * 48 + 96 + 9 * 48 + 96 + 48 * 8 + 16 + (8 * 8 + 8 + 16);
  const std::int64_t second =
      8 * 96 + 192 + 9 * 96 + 192 + 96 * 16 + 32 + (8 * 16 + 16 + 32);
  const std::int64_t head = 16 * 10 + 10;
  CHECK(build(spec, 10).params() == stem + first + second + head);
  // Squeezed to a quarter: 48 -> 12 -> 48 and 96 -> 24 -> 96, a BatchNorm each.
  const std::int64_t gates = 2 * 48 * 12 + 24 + 96 + 2 * 96 * 24 + 48 + 192;
  const Graph gated = build(spec + "+SE", 10);
  CHECK(gated.params() == stem + first + second + head + gates);
  int products = 0;
  for (const Node& node : gated.nodes()) {
    if (node.op == Op::multiply) ++products;
  }
  CHECK(products == 2);
}

TEST_CASE("mobilenet-v2: drawn members lie in the documented ranges") {
  const auto specs = sample_specs(space(), 100, 1);
  for (const auto& spec : specs) {
    CHECK(space().normalise(spec) == spec);
    CHECK(build(spec).macs() <= 1'000'000'000);
    CHECK(spec.starts_with("SuperConvK3BNRELU(3,"));
    CHECK(spec.ends_with(",2048,1,1)"));
  }
}

TEST_CASE("mobilenet-v2: mutations stay within the limits of the search") {
  std::string spec = space().info().example + "+SE";
  std::set<std::string> walk;
  for (std::uint64_t step = 0; step < 200; ++step) {
    spec = space().mutate(spec, step);
    walk.insert(spec);
    CHECK(space().normalise(spec) == spec);
    CHECK(build(spec).macs() <= 1'000'000'000);
    CHECK(spec.ends_with("+SE"));
  }
  CHECK(walk.size() > 150);
  // ZenNAS keeps larger ones where it finds them.
  CHECK(build(space().mutate(k900, 1)).macs() > 0);
  CHECK_THROWS_AS(
      space().mutate("SuperConvK1BNRELU(3,8,1,1)", 0), zcp::UserError);
}

TEST_CASE("mobilenet-v2: a block of 6 or 7 sublayers becomes 3 and the rest") {
  const std::string spec =
      "SuperConvK3BNRELU(3,8,2,1)SuperResIDWE2K3(8,32,2,16,5)"
      "SuperConvK1BNRELU(32,2048,1,1)";
  std::set<int> second;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto after = mobilenet_v2::parse(space().mutate(spec, seed));
    if (after.blocks.size() == 3) {
      CHECK(after.blocks[1].sublayers <= 5);
      continue;
    }
    CHECK(after.blocks.size() == 4);
    CHECK(after.blocks[1].sublayers == 3);
    CHECK(after.blocks[2].stride == 1);
    second.insert(after.blocks[2].sublayers);
  }
  CHECK(second == std::set<int>{3, 4});
}

TEST_CASE("mobilenet-v2: the input has the channels of the first block") {
  CHECK_THROWS_AS(
      space().build(space().info().example, {1, 28, 28}, 10), zcp::UserError);
}
