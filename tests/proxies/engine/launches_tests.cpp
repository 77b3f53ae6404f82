// What a GPU is asked to do for a cell, counted by the device of
// counting_device.h.
#include <map>
#include <string>
#include <vector>

#include "nets/spaces/space.h"
#include "proxies/engine/evaluator.h"
#include "proxies/registry.h"
#include "tests/proxies/engine/counting_device.h"
#include "tests/proxies/engine/noise_evaluator.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::engine;
using zcp::test::audit;

namespace {

const Shape kShape{3, 32, 32};
constexpr int kBatch = 2;

}  // namespace

TEST_CASE("a mean cell asks a GPU for few launches and waits for it once") {
  const auto core = proxies::select_proxies({"core"});
  EvaluatorOptions options;
  options.batch_size = kBatch;
  options.minibatches = 2;
  options.device = "privateuseone:0";
  const Evaluator evaluator =
      zcp::test::noise_evaluator(core, options, kShape, 10);
  const auto& space = spaces::find_space("nats-tss");
  // Five cells from all over the space. Where each operator of LibTorch is a
  // launch, a mean cell needs 3,600.
  constexpr std::int64_t kCells = 5;
  std::int64_t launches = 0;
  std::map<std::string, std::int64_t> by_name;
  for (std::int64_t i = 0; i < kCells; ++i) {
    const std::string cell = space.spec((i * 3119 + 733) % space.info().size);
    CAPTURE(cell);
    const graph::Graph graph = space.build(cell, kShape, Output{10});
    audit() = {};
    const auto scores = evaluator.score(graph, core);
    REQUIRE(scores.size() == core.size());
    for (const Score& score : scores) {
      CAPTURE(score.reason);
      CHECK(score.status != ScoreStatus::failed);
    }
    launches += audit().all_launches();
    for (const auto& [name, count] : audit().launches) by_name[name] += count;
    CHECK(audit().copies_up + audit().copies_down <= 4);
    CHECK(audit().synchronisations <= 2);
  }
  for (const auto& [name, count] : by_name) {
    MESSAGE(name << ": " << count / kCells);
  }
  MESSAGE("launches a mean cell: " << launches / kCells);
  CHECK(launches / kCells <= 1200);
}
