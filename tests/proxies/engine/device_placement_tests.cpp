// Where the tensors of a pass live, seen by the device of counting_device.h.
#include <ATen/ATen.h>

#include <set>
#include <string>

#include "nets/spaces/space.h"
#include "proxies/engine/evaluator.h"
#include "proxies/registry.h"
#include "tests/proxies/engine/counting_device.h"
#include "tests/proxies/engine/noise_evaluator.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::engine;
using namespace zcp::proxies;
using zcp::test::audit;

namespace {

constexpr int kBatch = 4;
const Shape kShape{3, 8, 8};

std::vector<Score> run(
    const std::vector<const Descriptor*>& proxies,
    const std::string& device) {
  EvaluatorOptions options;
  options.batch_size = kBatch;
  options.minibatches = 4;
  options.device = device;
  options.precision = "fp64";
  const Evaluator evaluator =
      zcp::test::noise_evaluator(proxies, options, kShape, 3);
  const graph::Graph graph = spaces::find_space("nats-tss")
                                 .build(
                                     "|nor_conv_3x3~0|+|nor_conv_1x1~0|"
                                     "avg_pool_3x3~1|+|skip_connect~0|"
                                     "nor_conv_3x3~1|none~2|",
                                     kShape,
                                     3,
                                     {4, 1, true});
  audit() = {};
  return evaluator.score(graph, proxies);
}

}  // namespace

TEST_CASE("every tensor of a pass lives on the network's device") {
  constexpr std::int64_t kSmall = 10;  // a spectrum, an entropy a block
  // Sign patterns are sorted by the processor: a copy a layer.
  const std::set<std::string> sorted{"swap", "swap_regularized", "l_swag"};
  for (const Descriptor* proxy : select_proxies({"all"})) {
    CAPTURE(proxy->name);
    const Score here = run({proxy}, "cpu")[0];
    const Score there = run({proxy}, "privateuseone:0")[0];
    CAPTURE(there.reason);
    REQUIRE(here.status == there.status);
    if (here.status == ScoreStatus::ok) {
      CHECK(there.value == doctest::Approx(here.value).epsilon(1e-9));
    }
    // A cell has no attention, which is known before a pass.
    const bool runs = proxy->needs.pass != PassKind::structure &&
                      proxy->needs.pass != PassKind::signs;
    CHECK((audit().operators > 0) == runs);
    for (const std::string& name : audit().mixed) FAIL_CHECK(name);
    for (const std::string& name : audit().views) FAIL_CHECK(name);
    // What leaves the device: the score, not a number a layer.
    CHECK(audit().values_down <= kSmall);
    if (!sorted.contains(proxy->name)) {
      CHECK(audit().largest_down <= kSmall);
    }
    // What goes there: the 39 parameters, and one array drawn or counted.
    CHECK(audit().copies_up <= 40);
  }
}

TEST_CASE("proxies together read no more from the device than alone") {
  const auto proxies = select_proxies({"core"});
  std::int64_t alone = 0;
  for (const Descriptor* proxy : proxies) {
    run({proxy}, "privateuseone:0");
    alone += audit().values_down;
  }
  run(proxies, "privateuseone:0");
  CHECK(audit().values_down <= alone);
  CHECK(audit().copies_up <= 40);
}
