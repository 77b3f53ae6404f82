#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "analysis/study/join.h"
#include "tests/support/temporary.h"

using namespace zcp::study;
using zcp::tables::Table;
using zcp::test::user_error;
using Names = std::vector<std::string>;
using Rows = std::vector<std::size_t>;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Table scores() {
  return {
      "scores.csv",
      {"a", "b", "c", "d"},
      {"params", "zico"},
      {{1, 2, 3, 4}, {5, kNan, 7, 8}}};
}

Table truth() {
  return {
      "truth.csv",
      {"d", "x", "b", "a"},
      {"acc", "ms"},
      {{90, 91, kNan, 93}, {1, 2, 3, 4}}};
}

}  // namespace

TEST_CASE("join: the rows of both tables, in the order of the truth") {
  const auto matches = join(scores(), truth());
  REQUIRE(matches.size() == 3);
  CHECK(matches[0].score_row == 3);
  CHECK(matches[0].truth_row == 0);
  CHECK(matches[1].score_row == 1);
  CHECK(matches[1].truth_row == 2);
  CHECK(matches[2].score_row == 0);
  CHECK(matches[2].truth_row == 3);
  CHECK(members_of("all", matches, scores(), truth()).size() == 3);
  Table other = truth();
  other.arch = {"p", "q", "r", "s"};
  const std::string text = user_error([&] { join(scores(), other); });
  CHECK(text.find("scores.csv has 4 rows (such as a)") != std::string::npos);
  CHECK(text.find("truth.csv has 4 rows (such as p)") != std::string::npos);
}

TEST_CASE("join: the baseline takes part, but is reported only if asked for") {
  const ChosenColumns all = choose_columns(scores(), {}, "params", false);
  CHECK(all.columns == Rows{0, 1});
  CHECK(all.reported == 2);
  CHECK(all.baseline == 0);
  const ChosenColumns one = choose_columns(scores(), {"zico"}, "params", true);
  CHECK(one.columns == Rows{1, 0});
  CHECK(one.reported == 1);
  CHECK(one.baseline == 1);
  CHECK_FALSE(choose_columns(scores(), {}, "macs", false).baseline.has_value());
  CHECK_FALSE(
      user_error([] { choose_columns(scores(), {}, "macs", true); }).empty());
  CHECK(user_error([] {
          choose_columns(scores(), {"zicco"}, "params", false);
        }).find("did you mean zico?") != std::string::npos);
}

TEST_CASE("join: a metric beside its scores, without rows it has none for") {
  const auto matches = join(scores(), truth());
  const ChosenColumns chosen =
      choose_columns(scores(), {"zico"}, "params", true);
  const JoinedMetric joined =
      join_metric(scores(), truth(), matches, chosen, "acc");
  CHECK(joined.metric == "acc");
  CHECK(joined.proxies == Names{"zico", "params"});
  CHECK(joined.truth == Column{90, 93});
  CHECK(joined.scores[0] == Column{8, 5});
  CHECK(joined.scores[1] == Column{4, 1});
  REQUIRE(joined.rows.size() == 2);
  CHECK(joined.rows[1].truth_row == 3);
  const JoinedMetric last = rows_of(joined, {"last", {1}});
  CHECK(last.truth == Column{93});
  CHECK(last.scores[0] == Column{5});
  REQUIRE(last.rows.size() == 1);
  CHECK(last.rows[0].score_row == 0);
  Table empty = truth();
  empty.values[0].assign(4, kNan);
  CHECK(user_error([&] {
          join_metric(scores(), empty, matches, chosen, "acc");
        }).find("no value for any of the 3 joined") != std::string::npos);
}

TEST_CASE("join: columns are the scores' or else the truth's") {
  const auto matches = join(scores(), truth());
  CHECK(column_of(scores(), truth(), matches, "params") == Column{4, 2, 1});
  CHECK(column_of(scores(), truth(), matches, "ms") == Column{1, 3, 4});
  CHECK(elements_at(Column{5, 6, 7}, Rows{2, 0}) == Column{7, 5});
  CHECK(find_column(truth(), "ms") == 1);
  CHECK_FALSE(find_column(truth(), "zico").has_value());
  CHECK(require_column(truth(), "acc", "metric") == 0);
  CHECK(
      user_error([] {
        require_column(truth(), "akc", "metric");
      }).find("no column akc for the metric, did you mean acc?") !=
      std::string::npos);
  CHECK(user_error([&] {
          column_of(scores(), truth(), matches, "none");
        }).find("no column none in scores.csv") != std::string::npos);
}

TEST_CASE("populations of NASLib's tuples") {
  // A skip from the input to the output, and nothing: (0: skip, 1: none).
  const std::string live =
      "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|";
  const std::string dead = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|";
  const Table specs{"s.csv", {dead, live}, {}, {}};
  const Table tuples{
      "t.csv", {"(1, 1, 0, 1, 1, 1)", "(1, 1, 1, 1, 1, 1)"}, {}, {}};
  const auto matches = join(specs, tuples);
  REQUIRE(matches.size() == 2);
  const auto kept = members_of("connected", matches, specs, tuples);
  REQUIRE(kept.size() == 1);
  CHECK(kept[0].score_row == 1);
  // Of which space they are is not known.
  const auto same = join(tuples, tuples);
  CHECK(user_error([&] {
          members_of("connected", same, tuples, tuples);
        }).find("is no NATS-TSS cell") != std::string::npos);
}
