#include <cmath>
#include <limits>

#include "analysis/study/composite.h"
#include "common/error.h"
#include "tests/support/test_files.h"

using namespace zcp::study;
using zcp::tables::Table;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Table sample_table() {
  return {
      "scores.csv",
      {"a", "b", "c", "d"},
      {"expressivity", "progressivity", "trainability", "flops"},
      {{1, 2, 3, 4}, {4, 3, 2, 1}, {1, 1, 2, 2}, {10, 40, 20, 30}}};
}

std::string error_of(const Composite& composite, const Table& table) {
  try {
    composite_scores(composite, table);
  } catch (const zcp::UserError& error) {
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("AZ-NAS: the sum of the logarithms of rank / n, ties sharing ranks") {
  const std::vector<double> scores =
      composite_scores(parse_composite("az_nas"), sample_table());
  const auto expected = [](double e, double p, double t, double c) {
    return std::log(e / 4) + std::log(p / 4) + std::log(t / 4) +
           std::log(c / 4);
  };
  CHECK(scores[0] == doctest::Approx(expected(1, 4, 1.5, 1)));
  CHECK(scores[1] == doctest::Approx(expected(2, 3, 1.5, 4)));
  CHECK(scores[2] == doctest::Approx(expected(3, 2, 3.5, 2)));
  CHECK(scores[3] == doctest::Approx(expected(4, 1, 3.5, 3)));
}

TEST_CASE("one's own composite") {
  const Composite own =
      parse_composite("mine=log_rank(expressivity, trainability)");
  CHECK(own.name == "mine");
  CHECK(own.rule == RankRule::log_sum);
  CHECK(
      own.members == std::vector<std::string>{"expressivity", "trainability"});
  CHECK(parse_composite("l=rank_sum(a)").rule == RankRule::sum);
  CHECK(is_composite("te_nas"));
  CHECK(is_composite("x=log_rank(a)"));
  CHECK_FALSE(is_composite("zico"));
  for (const std::string bad :
       {"az_nass",
        "x=",
        "x=log_rank",
        "x=log_rank(",
        "x=log_rank()",
        "x=mean(a,b)",
        "=log_rank(a)"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(parse_composite(bad), zcp::UserError);
  }
  CHECK(
      split_composites("az_nas,x=log_rank(a,b),vote") ==
      std::vector<std::string>{"az_nas", "x=log_rank(a,b)", "vote"});
}

TEST_CASE("linear rank sums") {
  const Table table{
      "s",
      {"a", "b", "c"},
      {"ntk_condition", "linear_regions"},
      {{-9, -5, -7}, {3, 3, 1}}};
  CHECK(
      composite_scores(parse_composite("te_nas"), table) ==
      std::vector<double>{3.5, 5.5, 3});
}

TEST_CASE("a missing score has the lowest rank of that member") {
  Table table = sample_table();
  table.values[0] = {kNan, kNan, 3, 4};
  table.values[1] = {kNan, 3, 2, 1};
  const Composite sum = parse_composite(
      "s=rank_sum(expressivity,"
      "progressivity)");
  const std::vector<double> scores = composite_scores(sum, table);
  CHECK(std::isnan(scores[0]));
  CHECK(scores[1] == 1.5 + 4);
  CHECK(scores[2] == 3 + 3);
  CHECK(scores[3] == 4 + 2);
}

TEST_CASE("a member that is not there is named") {
  Table table = sample_table();
  const std::string text = error_of(parse_composite("vkdnw_agg"), table);
  CHECK(contains(text, "vkdnw_agg needs the proxy vkdnw"));
  CHECK(contains(text, "scores.csv"));
  table.values[1] = {kNan, kNan, kNan, kNan};
  CHECK(contains(error_of(parse_composite("az_nas"), table), "progressivity"));
}

TEST_CASE("composites become columns, of later composites too") {
  Table table = sample_table();
  table.columns[3] = "jacov";
  add_composites(
      {parse_composite("x=rank_sum(expressivity,jacob_cov)"),
       parse_composite("y=rank_sum(x,trainability)")},
      table);
  CHECK(table.columns.back() == "y");
  CHECK(table.values[4] == std::vector<double>{2, 6, 5, 7});
  CHECK(table.values[5] == std::vector<double>{2.5, 4.5, 5.5, 7.5});
  CHECK_THROWS_AS(
      add_composites({parse_composite("x=rank_sum(y)")}, table),
      zcp::UserError);
}

// 3 * 2 * 6 = 9 * 1 * 4, but the sums of their logarithms differ by rounding,
// and by the order in which they are added.
TEST_CASE("log_rank: equal products of ranks are tied, in any order") {
  Table table{"s", {}, {"a", "b", "c"}, {{}, {}, {}}};
  const std::vector<std::vector<double>> ranks{
      {3, 9, 14, 12, 1, 19, 4, 18, 13, 5, 7, 20, 17, 8, 10, 11, 6, 2, 16, 15},
      {2, 1, 3, 16, 19, 18, 9, 6, 5, 15, 11, 10, 8, 13, 17, 14, 4, 12, 7, 20},
      {6, 4, 7, 16, 5, 8, 13, 3, 12, 10, 14, 9, 2, 20, 18, 15, 1, 11, 19, 17}};
  for (std::size_t row = 0; row < 20; ++row) {
    table.arch.push_back(std::to_string(row));
    for (std::size_t i = 0; i < 3; ++i) {
      table.values[i].push_back(ranks[i][row]);
    }
  }
  const auto scores = [&](const std::string& members) {
    return composite_scores(
        parse_composite("x=log_rank(" + members + ")"), table);
  };
  const std::vector<double> found = scores("a,b,c");
  CHECK(found[0] == found[1]);
  CHECK(found[0] == doctest::Approx(std::log(36.0 / 8000)));
  CHECK(found[16] < found[0]);  // 6 * 4 * 1
  for (const char* members : {"a,c,b", "b,a,c", "b,c,a", "c,a,b", "c,b,a"}) {
    CAPTURE(members);
    CHECK(scores(members) == found);
  }
}

// Every two of 60 rows against their products as whole numbers, counted in
// Python as well: six pairs are equal, and four of them have sums of logarithms
// that differ.
TEST_CASE("log_rank: order and ties are those of the products") {
  Table table{"s", {}, {"a", "b", "c", "d"}, {{}, {}, {}, {}}};
  constexpr int kRows = 60;
  const std::vector<int> steps{1, 7, 17, 23};
  for (int row = 0; row < kRows; ++row) {
    table.arch.push_back(std::to_string(row));
    for (std::size_t i = 0; i < 4; ++i) {
      table.values[i].push_back((row * steps[i] + static_cast<int>(i)) % kRows);
    }
  }
  const auto found =
      composite_scores(parse_composite("x=log_rank(a,b,c,d)"), table);
  int ties = 0;
  const auto product = [&](std::size_t row) {
    // The values are 0 to 59, each once: ranks are one more.
    double all = 1;
    for (const auto& values : table.values) all *= values[row] + 1;
    return all;  // below 2^53: exact
  };
  for (std::size_t a = 0; a < kRows; ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      ties += product(a) == product(b) ? 1 : 0;
      CHECK((found[a] < found[b]) == (product(a) < product(b)));
      CHECK((found[a] == found[b]) == (product(a) == product(b)));
    }
  }
  CHECK(ties == 6);
}
