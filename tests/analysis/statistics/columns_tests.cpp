#include <doctest/doctest.h>

#include <limits>
#include <stdexcept>
#include <vector>

#include "analysis/statistics/columns.h"

using namespace zcp::statistics;
using Column = std::vector<double>;

TEST_CASE("missing values rank last or their rows leave both columns") {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kLowest = -std::numeric_limits<double>::infinity();
  const Column x{1, kNan, 3, kNan};
  const Column y{4, 5, kNan, kNan};
  const ColumnPair last = settle_missing(x, y, Missing::last);
  CHECK(last.x == Column{1, kLowest, 3, kLowest});
  CHECK(last.y == Column{4, 5, kLowest, kLowest});
  const ColumnPair dropped = settle_missing(x, y, Missing::drop);
  CHECK(dropped.x == Column{1});
  CHECK(dropped.y == Column{4});
  CHECK_THROWS_AS(
      settle_missing(x, Column{1}, Missing::last), std::invalid_argument);
  CHECK_THROWS_AS(require_equal_lengths(x, Column{1}), std::invalid_argument);
}
