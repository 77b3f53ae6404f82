#include <doctest/doctest.h>

#include <limits>
#include <vector>

#include "analysis/statistics/ranks.h"

using namespace zcp::statistics;
using Column = std::vector<double>;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("average ranks share the mean, NaN comes first") {
  CHECK(average_ranks(Column{10, 20, 20, 5}) == Column{2, 3.5, 3.5, 1});
  CHECK(average_ranks(Column{10, kNan, 20, kNan}) == Column{3, 1.5, 4, 1.5});
  CHECK(average_ranks(Column{}).empty());
}

TEST_CASE("dense levels: equal values alike, NaN below every number") {
  const Levels levels = dense_levels(Column{7, kNan, -1, 7, kNan});
  CHECK(levels.count == 3);
  CHECK(levels.level == std::vector<std::uint32_t>{2, 0, 1, 2, 0});
  const std::vector<std::int64_t> counts = level_counts(levels);
  CHECK(counts == std::vector<std::int64_t>{2, 1, 2});
  CHECK(counts_below(counts) == std::vector<std::int64_t>{0, 2, 3});
  CHECK(dense_levels(Column{}).count == 0);
}

TEST_CASE("descending order: by x, then by y") {
  const Levels x = dense_levels(Column{1, 3, 3, 2});
  const Levels y = dense_levels(Column{9, 1, 5, 0});
  CHECK(descending_order(x, y) == std::vector<std::uint32_t>{2, 1, 3, 0});
}
