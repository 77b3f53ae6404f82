#include <doctest/doctest.h>

#include "nets/spaces/space.h"
#include "proxies/engine/latency.h"

using namespace zcp;
using namespace zcp::engine;

TEST_CASE("latency: the interval's places are those of the binomial") {
  struct Case {
    int count;
    int low;
    int high;
  };
  // SciPy: the greatest k with 2 binom.cdf(k, n, .5) <= .05, and n - 1 - k.
  for (const Case& one :
       {Case{6, 0, 5},
        Case{9, 1, 7},
        Case{10, 1, 8},
        Case{30, 9, 20},
        Case{100, 39, 60}}) {
    CAPTURE(one.count);
    CHECK(median_places(one.count).low == one.low);
    CHECK(median_places(one.count).high == one.high);
  }
  // Of five passes the least and the greatest miss the median in 6.25 %.
  CHECK(kLeastPasses == 6);
}

TEST_CASE("latency: networks of transformer spaces run as proxies run them") {
  struct Case {
    const char* space;
    const char* spec;
    Shape shape;
    Output output;
  };
  LatencyOptions options;
  options.batch_size = 2;
  options.warm_up = 0;
  options.repetitions = 2;
  for (const Case& one :
       {Case{"pit", "b32-r4-d2.6.4-h2.4.8", {3, 32, 32}, 10},
        Case{
            "autoformer",
            "e192-3x3.5-4x4-3x4-3x3.5-4x3.5-3x4-3x3.5-4x4-3x4-4x3.5-3x3.5-4x4",
            {3, 32, 32},
            10},
        Case{
            "flexibert",
            "h256/SA-WMA-4-1024-3/LT-DCT-2-512-3/SA-SDP-4-512-3/"
            "SA-SDP-4-1024-1",
            {1, 8, 1},
            {0, Head::tokens}}}) {
    CAPTURE(one.space);
    const graph::Graph graph =
        spaces::find_space(one.space).build(one.spec, one.shape, one.output);
    REQUIRE(graph.program() != nullptr);
    const Latency latency = measure_latency(graph, options);
    CHECK(latency.low > 0);
    CHECK(latency.low <= latency.median);
    CHECK(latency.median <= latency.high);
  }
}
