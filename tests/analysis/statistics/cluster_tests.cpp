#include <stdexcept>

#include "analysis/statistics/cluster.h"
#include "tests/support/vectors.h"

using namespace zcp::statistics;
using namespace zcp::test;

using Clusters = std::vector<std::size_t>;

TEST_CASE("clusters: heights, cuts and leaves of a hand-made tree") {
  // 0 and 2 at 1, 1 and 3 at 2, both pairs at (5 + 6 + 7 + 8) / 4.
  const Vector distances{0, 5, 1, 6, 5, 0, 7, 2, 1, 7, 0, 8, 6, 2, 8, 0};
  const auto merges = average_linkage(distances, 4);
  REQUIRE(merges.size() == 3);
  CHECK(merges[0].height == 1);
  CHECK(merges[1].height == 2);
  CHECK(merges[2].height == 6.5);
  CHECK(merges[2].first == 4);
  CHECK(merges[2].size == 4);
  CHECK(cut_tree(merges, 4, 0.5) == Clusters{0, 1, 2, 3});
  CHECK(cut_tree(merges, 4, 1) == Clusters{0, 1, 0, 2});
  CHECK(cut_tree(merges, 4, 2) == Clusters{0, 1, 0, 1});
  CHECK(cut_tree(merges, 4, 7) == Clusters{0, 0, 0, 0});
  CHECK(leaf_order(merges, 4) == Clusters{0, 2, 1, 3});
  CHECK_THROWS_AS(average_linkage(distances, 3), std::invalid_argument);
}

TEST_CASE("clusters: a chain turns its links so that near ends meet") {
  // Points of a line, listed out of order: 0 -> 0, 1 -> 10, 2 -> 1, 3 -> 8.
  const Vector places{0, 10, 1, 8};
  Vector distances;
  for (const double a : places) {
    for (const double b : places) distances.push_back(std::abs(a - b));
  }
  // 0 and 2 unite, then 1 and 3; of the four ends 2 and 3 are the nearest.
  CHECK(chain_order(distances, 4) == Clusters{0, 2, 3, 1});
  CHECK(leaf_order(average_linkage(distances, 4), 4) == Clusters{0, 2, 1, 3});
  CHECK(chain_order(Vector{0}, 1) == Clusters{0});
  CHECK(chain_order(Vector{}, 0).empty());
  CHECK_THROWS_AS(chain_order(distances, 3), std::invalid_argument);
}

TEST_CASE("clusters: of equal distances the earliest pair goes first") {
  const Vector distances{0, 1, 1, 1, 0, 1, 1, 1, 0};
  const auto merges = average_linkage(distances, 3);
  REQUIRE(merges.size() == 2);
  CHECK(merges[0].first == 0);
  CHECK(merges[0].second == 1);
  CHECK(chain_order(distances, 3) == Clusters{0, 1, 2});
}
