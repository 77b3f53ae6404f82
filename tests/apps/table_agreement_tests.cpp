// zcp correlate and zcp report on one table: the same rows, the same numbers,
// the same winner, however the question is put.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "analysis/report/verdict.h"
#include "apps/commands.h"
#include "benchmarks/tables/table.h"
#include "tests/support/make_report.h"
#include "tests/support/standard_output.h"
#include "tests/support/temporary.h"

namespace {

using namespace zcp::test;
using nlohmann::json;
using zcp::apps::Arguments;

/// The tables of sample_material() as files, and both commands on them.
class Both {
 public:
  Both() {
    const Material material = sample_material(120);
    write("scores.csv", material.scores);
    write("truth.csv", material.truth);
  }

  json correlate(const Arguments& more) const {
    return json::parse(output_of(zcp::apps::correlate, with(more, {"--json"})));
  }

  /// The rows that the page shows.
  json report(const Arguments& more) const {
    const std::string page =
        output_of(zcp::apps::make_report, with(more, {"--html", "-"}));
    const std::string start = "<script type=\"application/json\" id=\"data\">";
    const std::size_t from = page.find(start);
    REQUIRE(from != std::string::npos);
    const std::size_t to = page.find("</script", from);
    return json::parse(
        page.substr(from + start.size(), to - from - start.size()))["rows"];
  }

  /// How many dots of correlate's forest plot are filled.
  std::size_t filled_dots(const Arguments& more) const {
    const std::string svg = (folder_.path() / "tau.svg").string();
    output_of(zcp::apps::correlate, with(more, {"--figure", svg}));
    std::ifstream file(svg);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    std::size_t count = 0;
    const std::string dot = "class=\"beats\"";
    for (std::size_t at = text.find(dot); at != std::string::npos;
         at = text.find(dot, at + 1)) {
      ++count;
    }
    return count;
  }

 private:
  void write(const std::string& name, const zcp::tables::Table& table) {
    std::ofstream file(folder_.path() / name);
    zcp::tables::write_table(file, table);
  }

  Arguments with(const Arguments& more, const Arguments& output) const {
    Arguments all = {
        "--scores",
        (folder_.path() / "scores.csv").string(),
        "--truth",
        (folder_.path() / "truth.csv").string(),
        "--bootstrap",
        "200",
        "--quiet"};
    all.insert(all.end(), more.begin(), more.end());
    all.insert(all.end(), output.begin(), output.end());
    return all;
  }

  TemporaryFolder folder_;
};

double number(const json& value) {
  return value.is_null() ? kNan : value.get<double>();
}

/// The verdict that correlate's numbers amount to.
std::string verdict_of_row(const json& row) {
  zcp::study::StudyRow made;
  made.proxy = row["proxy"];
  made.n = row["n"];
  made.tau_minus_baseline_interval = {
      number(row["tau_minus_baseline_low"]),
      number(row["tau_minus_baseline_high"])};
  made.p_beats_baseline_holm = number(row["p_beats_baseline_holm"]);
  return std::string(zcp::report::to_text(
      zcp::report::verdict_of(made, row["baseline"].get<std::string>())));
}

void check_same(const json& ours, const json& shown) {
  CAPTURE(ours["proxy"].get<std::string>());
  CAPTURE(ours["subset"].get<std::string>());
  for (const char* name : {"proxy", "metric", "subset", "n", "missing"}) {
    CHECK(ours[name] == shown[name]);
  }
  CHECK(ours["kendall_tau"] == shown["tau"][0]);
  CHECK(ours["kendall_tau_low"] == shown["tau"][1]);
  CHECK(ours["kendall_tau_high"] == shown["tau"][2]);
  CHECK(ours["tau_minus_baseline"] == shown["difference"][0]);
  CHECK(ours["tau_minus_baseline_low"] == shown["difference"][1]);
  CHECK(ours["p_beats_baseline_holm"] == shown["p"]);
  CHECK(verdict_of_row(ours) == shown["verdict"].get<std::string>());
}

/// Both have the same rows in the same order, and one winner at least.
void check_agreement(
    const Both& both,
    const Arguments& arguments,
    std::size_t rows,
    std::size_t winners) {
  const json ours = both.correlate(arguments);
  const json shown = both.report(arguments);
  REQUIRE(ours.size() == rows);
  REQUIRE(shown.size() == rows);
  std::size_t beats = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    check_same(ours[i], shown[i]);
    beats += shown[i]["verdict"] == "beats" ? 1 : 0;
  }
  CHECK(beats == winners);
  CHECK(both.filled_dots(arguments) == winners);
}

}  // namespace

TEST_CASE("correlate and report agree where metrics and shares repeat") {
  const Both both;
  // Four proxies, one metric, the whole and one share; `good` wins the whole.
  check_agreement(
      both, {"--metric", "accuracy,accuracy", "--top", "0.5,0.5"}, 4 * 2, 2);
  const json ours = both.correlate({"--metric", "accuracy", "--top", "0.5"});
  const json twice =
      both.correlate({"--metric", "accuracy,accuracy", "--top", "0.5,0.50"});
  CHECK(ours == twice);
}

TEST_CASE("correlate and report agree on composites") {
  const Both both;
  const std::string composite = "both=rank_sum(good,params)";
  check_agreement(
      both,
      {"--metric", "accuracy", "--top", "1", "--composites", composite},
      5 * 2,
      4);
  // Where proxies are named, composites follow them, once each.
  const Arguments named = {
      "--metric",
      "second",
      "--top",
      "0.3",
      "--proxies",
      "good,both,good,params",
      "--composites",
      composite,
      "--missing",
      "drop"};
  const json ours = both.correlate(named);
  REQUIRE(ours.size() == 3 * 2);
  CHECK(ours[0]["proxy"] == "good");
  CHECK(ours[1]["proxy"] == "both");
  CHECK(ours[2]["proxy"] == "params");
  const json shown = both.report(named);
  REQUIRE(shown.size() == ours.size());
  for (std::size_t i = 0; i < ours.size(); ++i) check_same(ours[i], shown[i]);
}
