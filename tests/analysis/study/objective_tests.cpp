#include <doctest/doctest.h>

#include <cmath>

#include "analysis/study/objective.h"

using namespace zcp;
using namespace zcp::study;
using Strings = std::vector<std::string>;

TEST_CASE("objectives: values of rows, ranks among them") {
  const double none = std::nan("");
  const tables::Table rows{
      "rows",
      {"x", "y", "z"},
      {"a", "b", "c"},
      {{1, 2, 3}, {30, 10, 20}, {none, none, none}}};
  CHECK(objective_values(parse_objective("-b"), rows)[0] == 30);
  const auto sums = objective_values(parse_objective("s=rank_sum(a,b)"), rows);
  CHECK(sums == std::vector<double>{1 + 3, 2 + 1, 3 + 2});
  const auto logs = objective_values(parse_objective("s=log_rank(a,b)"), rows);
  CHECK(logs[2] == doctest::Approx(std::log(1.0) + std::log(2.0 / 3)));
  // Less of a member, and twice of one.
  const Objective signed_twice = parse_objective("s=rank_sum(-a,-a,b)");
  CHECK(signed_twice.columns() == Strings{"a", "a", "b"});
  CHECK(
      objective_values(signed_twice, rows) ==
      std::vector<double>{3 + 3 + 3, 2 + 2 + 1, 1 + 1 + 2});
  // No composite before every member has a score.
  CHECK(std::isnan(
      objective_values(parse_objective("s=log_rank(a,c)"), rows)[0]));
}
