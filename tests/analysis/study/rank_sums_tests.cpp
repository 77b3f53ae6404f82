#include <doctest/doctest.h>

#include <cmath>

#include "analysis/study/rank_sums.h"

using namespace zcp::study;

TEST_CASE("rank sums: ballots are ranks among all rows, sums are of some") {
  Ballots ballots;
  add_ballot({30, 10, 20, 20}, ballots);
  add_ballot({1, 2, 3, 4}, ballots);
  CHECK(ballots.ranks[0] == Column{4, 1, 2.5, 2.5});
  CHECK(
      ballots.sum(RankRule::sum, {0, 1}, std::vector<std::size_t>{0, 3}) ==
      Column{5, 6.5});
  CHECK(
      ballots.sum(RankRule::log_sum, {0}, std::vector<std::size_t>{1})[0] ==
      doctest::Approx(std::log(0.25)));
}

TEST_CASE("rank sums: one member more, each set once") {
  const std::vector<Members> from{{0}, {2}};
  CHECK(one_more(from, 3) == std::vector<Members>{{0, 1}, {0, 2}, {1, 2}});
  CHECK(one_more(std::vector<Members>{{0, 1}}, 2).empty());
}

TEST_CASE("rank sums: as many rows as are asked for, in their order") {
  const std::vector<std::size_t> rows{9, 7, 5, 3};
  CHECK(sample_rows(rows, 4, 0) == rows);
  const auto some = sample_rows(rows, 2, 1);
  CHECK(some.size() == 2);
  CHECK(some[0] < some[1]);
  CHECK(sample_rows(rows, 2, 1) == some);
}
