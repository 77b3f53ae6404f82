#include <limits>

#include "analysis/study/budget.h"
#include "analysis/study/study.h"
#include "common/error.h"
#include "tests/support/vectors.h"

using namespace zcp::study;
using namespace zcp::test;

namespace {

template <typename Parse>
std::string refused(const Parse& parse, const std::string& text) {
  try {
    parse(text);
  } catch (const zcp::UserError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("bins are NumPy's quantiles, closed on the right") {
  for (const auto& expected : study_vectors()["bins"]) {
    const Vector values = column(expected["values"]);
    const Vector bin_of = column(expected["bins"]);
    const Bins bins{"v", expected["count"].get<std::size_t>()};
    Vector found(values.size(), number(nullptr));
    for (const Subset& subset : quantile_bins(bins, values)) {
      CHECK_FALSE(subset.rows.empty());
      const double bin = std::stod(subset.name.substr(6)) - 1;
      for (const std::size_t row : subset.rows) {
        CHECK(std::isnan(found[row]));
        found[row] = bin;
      }
    }
    for (std::size_t row = 0; row < values.size(); ++row) {
      CAPTURE(row);
      CHECK(agree(found[row], bin_of[row]));
    }
  }
}

TEST_CASE("bins and ranges have names with their values") {
  const Vector values{1, 2, 3, 4, number(nullptr), 4};
  const auto bins = quantile_bins({"p", 2}, values);
  REQUIRE(bins.size() == 2);
  CHECK(bins[0].name == "p bin 1/2, 1 to 3");
  CHECK(bins[1].name == "p bin 2/2, 4 to 4");
  CHECK(bins[1].rows == std::vector<std::size_t>{3, 5});
  const Subset range = range_rows(parse_range("p=2:3"), values);
  CHECK(range.name == "p=2:3");
  CHECK(range.rows == std::vector<std::size_t>{1, 2});
  CHECK(range_rows(parse_range("p=:2"), values).rows.size() == 2);
  CHECK(range_rows(parse_range("p=3:"), values).rows.size() == 3);
  const auto none = [&](const std::string& text) {
    range_rows(parse_range(text), values);
  };
  CHECK(refused(none, "p=5:6").find("p goes from 1 to 4") != std::string::npos);
}

TEST_CASE("bins and ranges that cannot be") {
  for (const char* text : {"p", "p:", ":4", "p:1", "p:101", "p:x", "p:-4"}) {
    CAPTURE(text);
    CHECK(refused(parse_bins, text).find(text) != std::string::npos);
  }
  CHECK(parse_bins("a:b:4").column == "a:b");
  for (const char* text :
       {"p",
        "p=",
        "p=1",
        "p=:",
        "=1:2",
        "p=2:1",
        "p=x:1",
        "p=1:y",
        "p=nan:1",
        "p=1:inf"}) {
    CAPTURE(text);
    CHECK(refused(parse_range, text).find(text) != std::string::npos);
  }
}

TEST_CASE("a study within bins and ranges of scores or truth") {
  // Ten architectures of each kind, since fewer are not shown.
  zcp::tables::Table scores{"s.csv", {}, {"params", "q"}, {{}, {}}};
  zcp::tables::Table truth{"t.csv", {}, {"acc", "macs"}, {{}, {}}};
  const std::vector<double> q{1, 3, 2, 4};
  for (std::size_t i = 0; i < 40; ++i) {
    const std::size_t kind = i / 10;
    scores.arch.push_back(std::to_string(i));
    scores.values[0].push_back(static_cast<double>(kind + 1));
    scores.values[1].push_back(q[kind]);
    truth.values[0].push_back(static_cast<double>(kind + 5));
    truth.values[1].push_back(kind == 0 ? 1 : 9);
  }
  truth.arch = scores.arch;
  StudyOptions options;
  options.metrics = {"acc"};
  options.draws = 0;
  options.bins = {{"params", 2}};
  options.ranges = {parse_range("macs=2:")};
  const Study study = run_study(scores, truth, options);
  REQUIRE(study.rows.size() == 8);
  CHECK(study.rows[2].subset == "params bin 1/2, 1 to 2");
  CHECK(study.rows[2].n == 20);
  CHECK(study.rows[6].subset == "macs=2:");
  CHECK(study.rows[7].n == 30);
  CHECK(agree(study.rows[7].kendall.value, 1.0 / 3));
  CHECK(study.ceilings.empty());
  options.bins = {{"flops", 2}};
  const auto run = [&](int) { run_study(scores, truth, options); };
  CHECK(
      refused([&](const std::string&) { run(0); }, "")
          .find("no column flops") != std::string::npos);
}

TEST_CASE("bins: infinite values are in the first and the last") {
  const double inf = std::numeric_limits<double>::infinity();
  const Vector values{-inf, 1, -inf, 2, 3, inf, 4, -inf};
  using Rows = std::vector<std::size_t>;
  // Sorted: -inf -inf -inf 1 | 2 3 4 inf; the median lies between 1 and 2.
  const auto halves = quantile_bins({"p", 2}, values);
  REQUIRE(halves.size() == 2);
  CHECK(halves[0].rows == Rows{0, 1, 2, 7});
  CHECK(halves[1].rows == Rows{3, 4, 5, 6});
  CHECK(halves[0].name == "p bin 1/2, -inf to 1");
  // An end between -inf and a number, and one between a number and inf.
  const auto low = quantile_bins({"p", 2}, Vector{5, -inf});
  REQUIRE(low.size() == 2);
  CHECK(low[0].rows == Rows{1});
  const auto high = quantile_bins({"p", 2}, Vector{5, inf});
  REQUIRE(high.size() == 2);
  CHECK(high[0].rows == Rows{0});
  CHECK(high[1].rows == Rows{1});
  // All alike: one bin, and no row is lost.
  const auto alike = quantile_bins({"p", 3}, Vector{-inf, -inf});
  REQUIRE(alike.size() == 1);
  CHECK(alike[0].rows == Rows{0, 1});
}
