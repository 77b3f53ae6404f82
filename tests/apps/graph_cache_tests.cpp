#include <doctest/doctest.h>

#include "apps/graph_cache.h"
#include "nets/spaces/space.h"
#include "tests/support/temporary.h"

namespace {

using zcp::apps::GraphCache;
using zcp::graph::Folding;

constexpr const char* kSkips =
    "|skip_connect~0|+|none~0|skip_connect~1|+|none~0|none~1|skip_connect~2|";

/// Of CIFAR-10's networks.
GraphCache nats_graphs(int channels = 0) {
  return {
      zcp::spaces::find_space("nats-tss"),
      {3, 32, 32},
      {10},
      {.channels = channels}};
}

}  // namespace

TEST_CASE("a graph is built once for each folding") {
  GraphCache graphs = nats_graphs();
  const auto first = graphs.get(kSkips, Folding::functional);
  CHECK(graphs.get(kSkips, Folding::functional) == first);
  CHECK(graphs.size() == 1);
  CHECK(graphs.get(kSkips, Folding::as_declared) != first);
  CHECK(graphs.size() == 2);
  CHECK(graphs.build(kSkips, Folding::functional).hash() == first->hash());
  CHECK(graphs.size() == 2);
}

TEST_CASE("graphs are those of the skeleton") {
  GraphCache own = nats_graphs();
  GraphCache thin = nats_graphs(4);
  CHECK(
      thin.get(kSkips, Folding::functional)->params() <
      own.get(kSkips, Folding::functional)->params());
}

TEST_CASE("no more graphs are kept than there is room for") {
  GraphCache graphs = nats_graphs(1);
  const auto& space = zcp::spaces::find_space("nats-tss");
  const auto most = static_cast<std::int64_t>(GraphCache::kMost);
  REQUIRE(space.info().size > most + 5);
  for (std::int64_t i = 0; i < most + 5; ++i) {
    graphs.get(space.spec(i), Folding::functional);
  }
  CHECK(graphs.size() == GraphCache::kMost);
  const std::string last = space.spec(most + 4);
  CHECK(
      graphs.get(last, Folding::functional)->hash() ==
      graphs.build(last, Folding::functional).hash());
}

TEST_CASE("an ill-formed spec is refused and not kept") {
  GraphCache graphs = nats_graphs();
  CHECK_FALSE(zcp::test::user_error([&] {
                graphs.get("|no|", Folding::functional);
              }).empty());
  CHECK(graphs.size() == 0);
}
