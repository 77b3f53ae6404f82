#include "analysis/study/stability.h"
#include "common/error.h"
#include "tests/support/vectors.h"

using namespace zcp::statistics;
using namespace zcp::study;
using namespace zcp::test;
using nlohmann::json;
using zcp::tables::Table;

namespace {

/// A table of one proxy `p`, its rows in reverse when asked for.
Table table_of(const Vector& scores, bool reversed) {
  Table table{"run.csv", {}, {"p"}, {{}}};
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const std::size_t row = reversed ? scores.size() - 1 - i : i;
    table.arch.push_back("a" + std::to_string(row));
    table.values[0].push_back(scores[row]);
  }
  return table;
}

std::string refused(
    const std::vector<Table>& runs,
    const std::vector<std::string>& proxies) {
  try {
    stability(runs, proxies, Missing::last);
  } catch (const zcp::UserError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("stability: ranks, ICC and churn as NumPy and SciPy have them") {
  for (const json& expected : study_vectors()["stability"]) {
    std::vector<Table> runs;
    for (const Vector& run : columns(expected["runs"])) {
      runs.push_back(table_of(run, runs.size() % 2 == 1));
    }
    const bool drop = expected["drop"].get<bool>();
    const auto rows = stability(runs, {}, drop ? Missing::drop : Missing::last);
    REQUIRE(rows.size() == 1);
    const Stability& row = rows[0];
    CHECK(row.proxy == "p");
    CHECK(row.runs == runs.size());
    CHECK(row.n == expected["n"].get<std::size_t>());
    CHECK(row.missing == expected["missing"].get<std::size_t>());
    CHECK(agree(row.tau, expected["tau"][0]));
    CHECK(agree(row.tau_least, expected["tau"][1]));
    CHECK(agree(row.rho, expected["rho"][0]));
    CHECK(agree(row.rho_least, expected["rho"][1]));
    CHECK(agree(row.rank_change, expected["rank_change"]));
    CHECK(agree(row.kept, expected["kept"]));
    CHECK(agree(row.icc_agreement, expected["icc"][0]));
    CHECK(agree(row.icc_consistency, expected["icc"][1]));
  }
}

TEST_CASE("stability: Shrout and Fleiss's example has their printed ICCs") {
  const json expected = study_vectors()["shrout_fleiss"];
  std::vector<Vector> judges(4);
  for (const json& target : expected["ratings"]) {
    for (std::size_t i = 0; i < 4; ++i) {
      judges[i].push_back(target[i].get<double>());
    }
  }
  const auto [one_way, two_way] = intraclass(judges);
  CHECK(std::round(100 * one_way) == 17);
  CHECK(std::round(100 * two_way) == 71);
  CHECK(agree(one_way, expected["icc"][0]));
  CHECK(agree(two_way, expected["icc"][1]));
}

TEST_CASE("stability: runs that agree, that are shifted, that are constant") {
  const Vector once{1, 4, 2, 8};
  const Vector again{11, 14, 12, 18};
  CHECK(agree(intraclass({once, once}).first, 1.0));
  CHECK(intraclass({once, again}).first < 0.5);
  CHECK(agree(intraclass({once, again}).second, 1.0));
  CHECK(std::isnan(intraclass({{2, 2}, {2, 2}}).first));
  CHECK(std::isnan(intraclass({once}).first));
  // Squares of such scores overflow.
  const Vector huge{1e300, 4e300, 2e300, 8e300};
  CHECK(agree(intraclass({huge, huge}).second, 1.0));
  const auto rows = stability(
      {table_of({1, 1, 1}, false), table_of({2, 3, 4}, false)},
      {"p"},
      Missing::last);
  CHECK(std::isnan(rows[0].tau));
  CHECK(std::isnan(rows[0].tau_least));
  CHECK(rows[0].rank_change == doctest::Approx(2.0 / 3));
}

TEST_CASE("stability: only what all runs have") {
  Table first = table_of({1, 2, 3}, false);
  Table second = table_of({1, 2, 3, 4}, true);
  first.columns.emplace_back("q");
  first.values.push_back({3, 1, 2});
  const auto rows = stability({first, second}, {}, Missing::last);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].n == 3);
  CHECK(rows[0].tau == 1);
  const auto contains = [](const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
  };
  CHECK(contains(refused({first}, {}), "two or more"));
  CHECK(contains(refused({first, second}, {"q"}), "no column q"));
  second.columns[0] = "r";
  CHECK(contains(refused({first, second}, {}), "no column is in all"));
  second = table_of({1, 2}, false);
  second.arch = {"x", "y"};
  CHECK(contains(refused({first, second}, {}), "no architecture is in both"));
}

TEST_CASE("stability: rows are joined in whatever form they are named") {
  const std::vector<std::string> specs{
      "64-41414-1_02_333", "64-41414-0_00_000", "64-41414-1_11_111"};
  const std::vector<std::string> tuples{
      "(1, 1, 1, 1, 1, 1)", "(1, 0, 2, 3, 3, 3)", "(0,0,0,0,0,0)"};
  const Table first{"a.csv", specs, {"p"}, {{2, 1, 3}}};
  const Table second{"b.csv", tuples, {"p"}, {{30, 20, 10}}};
  for (const auto& runs :
       {std::vector<Table>{first, second},
        std::vector<Table>{second, first},
        std::vector<Table>{first, second, first}}) {
    const auto rows = stability(runs, {}, Missing::last);
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].n == 3);
    CHECK(rows[0].tau == 1);
  }
}
