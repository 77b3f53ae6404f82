#include <doctest/doctest.h>

#include "apps/score/work.h"
#include "proxies/registry.h"

namespace {

using namespace zcp::apps;
using zcp::ScoreStatus;
using zcp::engine::WorkItem;
using zcp::graph::Folding;

constexpr const char* kArch =
    "|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|";

struct Work {
  explicit Work(const std::string& proxy, const std::string& shard = "0/1")
      : options(*parse_score_options(
            {"--proxies",
             proxy,
             "--task",
             "gaussian",
             "--space",
             "nats-tss",
             "--arch",
             kArch,
             "--batch-size",
             "2",
             "--shard",
             shard})),
        proxies(zcp::proxies::select_proxies(options.proxies)),
        selection(select_architectures(options.selection, 0)),
        task(choose_task(options.task, read_data(proxies), 0)),
        architectures(unite_names(selection.names())),
        graphs(graphs_of(selection, task)) {}

  Scorer scorer() {
    return {options, proxies, selection, task, architectures, graphs.get()};
  }

  ScoreOptions options;
  Proxies proxies;
  Selection selection;
  TaskChoice task;
  Architectures architectures;
  std::unique_ptr<GraphCache> graphs;
};

WorkItem first_proxy(Folding folding) {
  WorkItem item{};
  item.folding = folding;
  item.proxies = {0};
  item.architectures = {{0}};
  return item;
}

}  // namespace

TEST_CASE("proxies that only count: no graph is kept, names tell them apart") {
  Work work("params");
  CHECK_FALSE(read_data(work.proxies));
  const Scorer scorer = work.scorer();
  const auto prints = scorer.fingerprints();
  REQUIRE(prints.size() == 1);
  CHECK(
      prints[0].functional ==
      fingerprint_names(work.architectures.unique)[0].functional);
  const auto scores = scorer.score(first_proxy(Folding::functional));
  REQUIRE(scores.size() == 1);
  CHECK(scores[0].status == ScoreStatus::ok);
  CHECK(
      scores[0].value ==
      static_cast<double>(
          work.graphs->build(kArch, Folding::functional).params()));
  CHECK(work.graphs->size() == 0);
}

TEST_CASE("a shard needs hashes of functions, whatever the proxies") {
  Work work("params", "0/2");
  const auto prints = work.scorer().fingerprints();
  REQUIRE(prints.size() == 1);
  CHECK(
      prints[0].functional ==
      work.graphs->build(kArch, Folding::functional).hash());
}

TEST_CASE("a graph whose hash was asked for is not built again") {
  Work work("synflow");
  const Scorer scorer = work.scorer();
  REQUIRE(scorer.fingerprints().size() == 1);
  const std::size_t kept = work.graphs->size();
  CHECK(kept >= 1);
  const auto scores = scorer.score(first_proxy(Folding::functional));
  REQUIRE(scores.size() == 1);
  CHECK(scores[0].status == ScoreStatus::ok);
  CHECK(work.graphs->size() == kept);
}

TEST_CASE("proxies that read data") {
  CHECK(read_data(zcp::proxies::select_proxies({"params", "snip"})));
}
