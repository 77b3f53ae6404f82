#include <cmath>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "benchmarks/formats/csv.h"
#include "nets/spaces/mobilenet_v2_zen.h"
#include "nets/spaces/space.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::spaces;
using namespace zcp::spaces::mobilenet_v2;

namespace {

/// The start net of ZenNAS's and ZiCo's scripts.
Structure start_net() {
  return parse(find_space("mobilenet-v2").info().example);
}

struct Counts {
  std::int64_t flops;
  std::int64_t size;
  int layers;
};

void check_counts(const Structure& structure, const Counts& expected) {
  CHECK(counted_flops(structure, 224, 1000) == expected.flops);
  CHECK(counted_size(structure, 1000) == expected.size);
  CHECK(layers(structure) == expected.layers);
}

}  // namespace

TEST_CASE("zen counts: the scripts' start net") {
  check_counts(start_net(), {162'396'776, 2'813'889, 6});
}

TEST_CASE("zen counts: the structures that ZiCo's authors found") {
  const auto path = test::shared("data/zico_structures.csv");
  if (test::absent(path)) return;
  const std::map<std::string, Counts> expected{
      {"flops450M", {438'385'944, 5'716'393, 14}},
      {"flops600M", {590'293'588, 9'653'777, 14}},
      {"flops1G", {979'224'130, 15'247'625, 16}},
      {"params", {449'997'572, 11'002'521, 6}}};
  int found = 0;
  formats::parse_csv(
      formats::read_text(path), "structures", [&](std::size_t, auto fields) {
        for (const auto& [name, counts] : expected) {
          const std::string own(fields[0]);
          const bool params = own.find("aram") != std::string::npos;
          if (params != (name == "params")) continue;
          if (!params && own.find(name) == std::string::npos) continue;
          CAPTURE(own);
          check_counts(parse(fields[1]), counts);
          ++found;
        }
      });
  CHECK(found == 4);
}

TEST_CASE("zen mutation: the length of the scripts' list") {
  Block block;
  block.expansion = 6;
  block.kernel = 3;
  block.in = 96;
  block.out = 96;
  block.bottleneck = 48;
  block.sublayers = 1;
  CHECK(replacement_count(block) == 21'627);
  CHECK(
      channel_choices(96) ==
      std::vector<int>{40, 48, 64, 80, 96, 120, 144, 192, 240});
  CHECK(channel_choices(8) == std::vector<int>{8, 16});
  Block tail;
  tail.kernel = 1;
  CHECK(replacement_count(tail) == 1);
}

TEST_CASE("zen mutation: kinds come in the scripts' proportions") {
  // One block only, so that every mutation replaces it.
  const Structure only =
      parse("SuperConvK3BNRELU(3,8,2,1)SuperResIDWE6K3(8,96,2,48,1)");
  std::map<std::pair<int, int>, int> drawn;
  int total = 0;
  for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
    const Structure after = zen_mutation(only, 1, seed);
    if (after.blocks[0] != only.blocks[0]) continue;
    if (after == only) continue;  // nearly always the stem, as it was
    const Block& block = after.blocks[1];
    ++drawn[{block.kernel, block.expansion}];
    ++total;
  }
  double chi_squared = 0;
  int all = 0;
  for (const Kind& kind : kinds()) all += kind.times;
  CHECK(all == 89);
  for (const Kind& kind : kinds()) {
    const double wanted = static_cast<double>(total) * kind.times / all;
    const double found = drawn[{kind.kernel, kind.expansion}];
    chi_squared += (found - wanted) * (found - wanted) / wanted;
  }
  // 11 degrees of freedom: 31.3 is passed with a chance of 0.001.
  CHECK(chi_squared < 31.3);
  CHECK(total > 9'000);
}

TEST_CASE("zen mutation: channels are repaired, deep blocks are split") {
  const Structure start = start_net();
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const Structure after = zen_mutation(start, 2, seed);
    // parse() refuses blocks that do not fit to each other.
    CHECK(parse(format(after)) == after);
    for (const Block& block : after.blocks) {
      CHECK((!block.residual() || block.sublayers < 6));
    }
    CHECK(after.blocks.back().out == 2048);
    CHECK(after.blocks.back().kernel == 1);
  }
  const Structure deep =
      parse("SuperConvK3BNRELU(3,8,2,1)SuperResIDWE6K3(8,96,2,48,7)");
  const Structure split = split_deep_blocks(deep);
  CHECK(
      format(split) ==
      "SuperConvK3BNRELU(3,8,2,1)SuperResIDWE6K3(8,96,2,48,3)"
      "SuperResIDWE6K3(96,96,1,48,4)");
}
