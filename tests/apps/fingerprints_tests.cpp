#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "apps/fingerprints.h"
#include "nets/spaces/space.h"

namespace {

using namespace zcp::apps;

/// The first two pass the input on, the third convolves it.
const std::vector<std::string> kSpecs{
    "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|",
    "|skip_connect~0|+|none~0|skip_connect~1|+|none~0|none~1|skip_connect~2|",
    "|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|"};

GraphCache graphs() {
  return {zcp::spaces::find_space("nats-tss"), {3, 32, 32}, {10}, {}};
}

}  // namespace

TEST_CASE("fingerprints: equal functions have one hash") {
  GraphCache cache = graphs();
  const auto prints = fingerprint_graphs(kSpecs, cache, false, 2);
  REQUIRE(prints.size() == 3);
  CHECK(prints[0].functional == prints[1].functional);
  CHECK(prints[0].functional != prints[2].functional);
  CHECK(prints[0].macs == prints[1].macs);
  CHECK(prints[0].macs < prints[2].macs);
  for (const auto& print : prints) {
    CHECK(print.declared == 0);
    CHECK(print.declared_calls == 0);
  }
}

TEST_CASE("fingerprints: of the declared graphs where they are asked for") {
  GraphCache cache = graphs();
  const auto prints = fingerprint_graphs(kSpecs, cache, true, 2);
  const auto declared =
      cache.build(kSpecs[2], zcp::graph::Folding::as_declared);
  REQUIRE(prints.size() == 3);
  CHECK(prints[2].declared == declared.hash());
  CHECK(prints[2].declared_calls == declared.declared_hash());
}

TEST_CASE("fingerprints: by name each architecture is a function of its own") {
  const auto prints = fingerprint_names(kSpecs);
  REQUIRE(prints.size() == 3);
  CHECK(prints[0].functional != prints[1].functional);
  CHECK(prints[0].declared == prints[0].functional);
  CHECK(prints[0].macs == 0);
}
