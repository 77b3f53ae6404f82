#include <cmath>
#include <limits>

#include "analysis/search/fronts.h"
#include "tests/support/test_files.h"

using namespace zcp::search;
using Records = std::vector<std::size_t>;

namespace {

History history_of(const std::vector<std::vector<double>>& values) {
  History history(values.size());
  for (std::size_t i = 0; i < values[0].size(); ++i) {
    history.add(std::to_string(i));
  }
  for (std::size_t o = 0; o < values.size(); ++o) {
    history.set_values(o, values[o]);
  }
  return history;
}

}  // namespace

TEST_CASE("fronts: of one, two and three objectives") {
  const double none = std::nan("");
  CHECK(front_of(history_of({{1, 3, none, 3}})) == Records{1, 3});
  CHECK(
      front_of(history_of({{1, 2, 3, 2, none}, {3, 2, 1, 1, 9}})) ==
      Records{0, 1, 2});
  // The third objective saves record 3; record 4 equals record 0.
  CHECK(
      front_of(
          history_of({{1, 2, 3, 2, 1}, {3, 2, 1, 1, 3}, {0, 0, 0, 5, 0}})) ==
      Records{0, 1, 2, 3, 4});
  CHECK(
      front_of(
          history_of({{1, 2, 3, 2, 1}, {3, 2, 1, 1, 2}, {0, 0, 0, 0, 0}})) ==
      Records{0, 1, 2});
}

TEST_CASE("fronts: ranks and crowding as Deb et al. define them") {
  // Front 0: records 0, 1, 2, 3; front 1: record 4; front 2: record 5.
  const History history = history_of({{0, 1, 3, 4, 1, 0}, {8, 6, 2, 0, 1, 0}});
  const Records all{0, 1, 2, 3, 4, 5};
  const auto ranks = front_ranks(history, all);
  CHECK(ranks == Records{0, 0, 0, 0, 1, 2});
  const auto distance = crowding(history, all, ranks);
  CHECK(std::isinf(distance[0]));
  CHECK(std::isinf(distance[3]));
  CHECK(distance[1] == doctest::Approx(3.0 / 4 + 6.0 / 8));
  CHECK(distance[2] == doctest::Approx(3.0 / 4 + 6.0 / 8));
  CHECK(std::isinf(distance[4]));
}
