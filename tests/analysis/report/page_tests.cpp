// The page that carries a report.
#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>

#include "analysis/report/page.h"
#include "common/error.h"
#include "tests/support/make_report.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp::statistics;
using namespace zcp::study;
using namespace zcp::report;
using namespace zcp::test;
using nlohmann::ordered_json;

namespace {

std::string page_of(const Report& report) {
  std::ostringstream out;
  write_page(out, report);
  return out.str();
}

/// The data as a browser would read them: up to the first end of a script.
ordered_json data_in(const std::string& page) {
  const std::string start = "<script type=\"application/json\" id=\"data\">";
  const std::size_t from = page.find(start);
  REQUIRE(from != std::string::npos);
  const std::size_t to = page.find("</script", from);
  return ordered_json::parse(
      page.substr(from + start.size(), to - from - start.size()));
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

const ordered_json& find_row(
    const ordered_json& data,
    const std::string& proxy,
    const std::string& metric,
    const std::string& subset) {
  for (const ordered_json& row : data["rows"]) {
    if (row["proxy"] == proxy && row["metric"] == metric &&
        row["subset"] == subset) {
      return row;
    }
  }
  FAIL("no row of " << proxy);
  return data;
}

}  // namespace

TEST_CASE("page: names of files, no folders; headlines of every subset") {
  auto material = sample_material(200);
  material.truth.source = "/home/somebody/secret/truth.csv";
  Report report = make(material);
  report.origin.source = "../else/where/scores.sqlite";
  report.origin.described = "noise, batch 16";
  report.study.notes.push_back(
      "/home/somebody/secret/truth.csv: 3 rows, n/a or 0/4 stay");
  const ordered_json data = data_in(page_of(report));
  CHECK(data["truth"] == "truth.csv");
  CHECK(data["origin"]["source"] == "scores.sqlite");
  CHECK(data["origin"]["described"] == "noise, batch 16");
  CHECK(data["study"]["notes"].back() == "truth.csv: 3 rows, n/a or 0/4 stay");
  CHECK(page_of(report).find("somebody") == std::string::npos);
  REQUIRE(!data["answers"].empty());
  CHECK(data["answers"][0]["among"].size() == 2);
  for (const auto& [subset, answer] : data["answers"][0]["among"].items()) {
    CHECK(subset.starts_with("top "));
    CHECK(
        answer["headline"].get<std::string>().find("among the best") !=
        std::string::npos);
  }
}

TEST_CASE("the page's data are the study's, to the last bit") {
  const Material material = sample_material(200);
  const Report report = make(material);
  const ordered_json data = data_in(page_of(report));
  const Study study =
      run_study(material.scores, material.truth, material.options.study);
  REQUIRE(data["rows"].size() == study.rows.size());
  REQUIRE(study.rows.size() == 4 * 2 * 3);
  for (const StudyRow& row : study.rows) {
    CAPTURE(row.proxy);
    const ordered_json& found =
        find_row(data, row.proxy, row.metric, row.subset);
    CHECK(found["n"] == row.n);
    CHECK(found["missing"] == row.missing);
    if (row.proxy == "flat") {
      CHECK(found["tau"][0].is_null());
      CHECK(found["verdict"] == "unknown");
      continue;
    }
    CHECK(found["tau"][0] == row.kendall.value);
    CHECK(found["tau"][1] == row.kendall_interval.low);
    CHECK(found["tau"][2] == row.kendall_interval.high);
    CHECK(found["rho"][0] == row.spearman.value);
    CHECK(found["weighted_tau"] == row.weighted_tau);
    CHECK(found["difference"][0] == row.tau_minus_baseline);
    CHECK(found["difference"][1] == row.tau_minus_baseline_interval.low);
  }
  CHECK(find_row(data, "good", "accuracy", "all")["verdict"] == "beats");
  CHECK(find_row(data, "good", "accuracy", "all")["missing"] == 20);
  CHECK(find_row(data, "params", "accuracy", "all")["verdict"] == "baseline");
  CHECK(data["study"]["notes"].empty());
  CHECK(data["answers"].size() == 2);
  CHECK(
      data["answers"][0]["headline"] ==
      "good beats counting parameters on accuracy.");
  CHECK(data["question"] == "Which proxy beats counting parameters here?");
}

TEST_CASE("names cannot end the page's scripts") {
  const std::string evil = "</script><script>alert(1)</script><!-- data -->";
  Material material = sample_material(40);
  material.scores.columns[1] = evil;
  material.scores.columns[2] = "with, a comma & \"quotes\"";
  material.truth.columns[0] = "<b>accuracy</b>";
  material.options.study.metrics = {"<b>accuracy</b>", "second"};
  material.options.title = "<i>&title</i> " + evil;
  material.scores.arch[3] = material.truth.arch[3] = evil;
  const std::string plain = page_of(make(sample_material(40)));
  const std::string page = page_of(make(material));
  CHECK(count(page, "</script") == count(plain, "</script"));
  CHECK(count(page, "<script") == count(plain, "<script"));
  CHECK(count(page, "<i>") == 0);
  const ordered_json data = data_in(page);
  CHECK(data["columns"][1]["name"] == evil);
  CHECK(data["columns"][2]["name"] == "with, a comma & \"quotes\"");
  CHECK(data["title"] == material.options.title);
}

TEST_CASE("bytes that are not UTF-8, and hidden characters, are escaped") {
  Material material = sample_material(20);
  material.scores.arch[0] = material.truth.arch[0] = "caf\xE9";
  material.scores.columns[2] = "a\x1b[2J\xE2\x80\xAE";
  const ordered_json data = data_in(page_of(make(material)));
  std::string words;
  for (const auto& word : data["arch"]["words"]) {
    words += word.get<std::string>();
  }
  CHECK(words.find("caf\\xe9") != std::string::npos);
  CHECK(data["columns"][2]["name"] == "a\\x1b[2J\\u202e");
}

TEST_CASE("the page asks for nothing and states its charts' licence") {
  const std::string page = page_of(make(sample_material(20)));
  CHECK(page.starts_with("<!doctype html>"));
  CHECK(count(page, "default-src 'none'") == 1);
  for (const char* part :
       {"<link",
        " src=",
        "@import",
        "<!-- script -->",
        "<!-- style -->",
        "<!-- data -->"}) {
    CAPTURE(part);
    CHECK(count(page, part) == 0);
  }
  CHECK(count(page, "Apache ECharts 6.1.0") >= 1);
  CHECK(count(page, "Licensed under the Apache License, Version 2.0") >= 1);
  CHECK(count(page, "Copyright (c) 2017, Baidu Inc.") == 1);
}

TEST_CASE("one architecture, one proxy, no values: the page is there") {
  Material one = sample_material(1);
  CHECK(data_in(page_of(make(one)))["arch"]["count"] == 1);
  Material alone = sample_material(30);
  alone.options.study.proxies = {"good"};
  alone.options.study.metrics = {"accuracy"};
  alone.options.study.top.clear();
  alone.options.study.baseline = "good";
  CHECK(data_in(page_of(make(alone)))["rows"].size() == 1);
  Material empty = sample_material(30);
  empty.scores.values[1].assign(30, kNan);
  const ordered_json data = data_in(page_of(make(empty)));
  CHECK(find_row(data, "good", "accuracy", "all")["missing"] == 30);
  CHECK(find_row(data, "good", "accuracy", "all")["tau"][0].is_null());
  Material none = sample_material(200);
  none.options.study.baseline = "macs";
  none.options.study.draws = 0;
  const ordered_json bare = data_in(page_of(make(none)));
  CHECK(bare["study"]["notes"].size() == 1);
  CHECK(bare["question"] == "Which proxy beats macs here?");
}

TEST_CASE("several studies on one page: the first, then the others") {
  const Material whole = sample_material(200);
  Material half = sample_material(200);
  half.scores.arch.resize(60);
  for (Column& column : half.scores.values) column.resize(60);
  std::vector<Report> reports = {make(whole), make(half), make(whole)};
  CHECK(reports[0].name == "scores");
  reports[1].truth = "/somewhere/other.csv";
  tell_apart(reports);
  CHECK(reports[0].name == "scores, truth");
  CHECK(reports[1].name == "scores, other");
  CHECK(reports[2].name == "scores, truth (2)");
  std::ostringstream out;
  write_page(out, reports, "Three <studies>");
  CHECK(
      out.str().find("<title>Three &lt;studies&gt;</title>") !=
      std::string::npos);
  const ordered_json data = data_in(out.str());
  CHECK(data["name"] == "scores, truth");
  REQUIRE(data["others"].size() == 2);
  CHECK(data["others"][0]["name"] == "scores, other");
  CHECK(data["others"][0]["arch"]["count"] == 60);
  ordered_json first = data;
  first.erase("others");
  CHECK(first == data_in(page_of(reports[0])));
  CHECK(data_in(page_of(make(whole)))["name"] == "scores");
}
