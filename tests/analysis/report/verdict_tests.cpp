#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

#include "analysis/report/verdict.h"

using namespace zcp::study;
using namespace zcp::report;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

StudyRow row(
    const std::string& proxy,
    double difference,
    double low,
    double high,
    double p,
    const std::string& subset = "all",
    const std::string& metric = "acc") {
  StudyRow made;
  made.proxy = proxy;
  made.metric = metric;
  made.subset = subset;
  made.n = 100;
  made.kendall.value = 0.5 + (difference == difference ? difference : 0);
  made.kendall_interval = {0.4, 0.6};
  made.tau_minus_baseline = difference;
  made.tau_minus_baseline_interval = {low, high};
  made.p_beats_baseline_holm = p;
  return made;
}

StudyRow baseline(const std::string& subset = "all") {
  return row("params", 0, 0, 0, kNan, subset);
}

StudyOptions options_of(std::vector<double> top = {}) {
  StudyOptions options;
  options.metrics = {"acc"};
  options.top = std::move(top);
  return options;
}

Answer answer(const std::vector<StudyRow>& rows, std::vector<double> top = {}) {
  return answer_of(rows, options_of(std::move(top)));
}

}  // namespace

TEST_CASE("a verdict takes the interval and Holm's p together") {
  const auto verdict = [](double low, double high, double p) {
    return verdict_of(row("x", (low + high) / 2, low, high, p), "params");
  };
  CHECK(verdict(0.01, 0.03, 0.04) == Verdict::beats);
  CHECK(verdict(0.01, 0.03, 0.05) == Verdict::undecided);
  CHECK(verdict(0.01, 0.03, kNan) == Verdict::undecided);
  CHECK(verdict(0, 0.03, 0.01) == Verdict::undecided);
  CHECK(verdict(-0.01, 0.03, 0.01) == Verdict::undecided);
  CHECK(verdict(-0.03, 0, 0.9) == Verdict::undecided);
  CHECK(verdict(-0.03, -0.001, 1) == Verdict::trails);
  CHECK(verdict(kNan, kNan, 0.001) == Verdict::unknown);
  CHECK(verdict_of(baseline(), "params") == Verdict::baseline);
}

TEST_CASE("the headline counts those that beat the baseline") {
  const Answer none = answer(
      {baseline(),
       row("a", 0.01, -0.1, 0.2, 1),
       row("b", -0.2, -0.3, -0.1, 1)});
  CHECK(
      none.headline ==
      "None of 2 proxies is shown to beat counting parameters on acc.");
  CHECK(
      none.detail ==
      "params alone reaches tau-b 0.500 [0.400, 0.600]. 1 proxy cannot be "
      "told from it and 1 proxy ranks worse.");
  const Answer one = answer(
      {row("a", 0.1, 0.05, 0.2, 0.01),
       baseline(),
       row("c", -0.2, -0.3, -0.1, 1),
       row("d", -0.2, -0.3, -0.1, 1)});
  CHECK(one.headline == "a beats counting parameters on acc.");
  CHECK(
      one.detail ==
      "a gains most: 0.100 [0.050, 0.200] of tau-b. params alone reaches "
      "tau-b 0.500 [0.400, 0.600]. 2 proxies rank worse.");
  const Answer two = answer(
      {baseline(),
       row("a", 0.1, 0.05, 0.2, 0.01),
       row("b", 0.2, 0.1, 0.3, 0.01),
       row("c", 0, -0.1, 0.1, 1)});
  CHECK(two.headline == "Two of 3 proxies beat counting parameters on acc.");
  CHECK(two.detail.starts_with("b gains most: 0.200 [0.100, 0.300]"));
}

TEST_CASE("one proxy alone is not called beaten where it is undecided") {
  CHECK(
      answer({baseline(), row("a", 0, -0.1, 0.1, 1)}).headline ==
      "a is not shown to beat counting parameters on acc.");
  CHECK(
      answer({baseline(), row("a", -0.2, -0.3, -0.1, 1)}).headline ==
      "a ranks worse than counting parameters on acc.");
  CHECK(
      answer({baseline(), row("a", 0.2, 0.1, 0.3, 0.01)}).headline ==
      "a beats counting parameters on acc.");
}

TEST_CASE("nothing is claimed where nothing was computed") {
  const Answer alone = answer({baseline()});
  CHECK(
      alone.headline ==
      "Whether any proxy beats counting parameters on acc is not answered "
      "here.");
  CHECK(alone.detail.find("no other proxy") != std::string::npos);
  StudyOptions options = options_of();
  options.draws = 0;
  const std::vector<StudyRow> points{
      row("params", 0, kNan, kNan, kNan), row("a", 0.3, kNan, kNan, kNan)};
  const Answer without = answer_of(points, options);
  CHECK(without.headline.find("is not answered") != std::string::npos);
  CHECK(without.detail.find("No intervals were drawn") != std::string::npos);
  options.draws = 1000;
  options.baseline = "macs";
  const std::vector<StudyRow> other{row("a", kNan, kNan, kNan, kNan)};
  const Answer missing = answer_of(other, options);
  CHECK(missing.headline.find("beats macs on") != std::string::npos);
  CHECK(missing.detail.find("no usable column macs") != std::string::npos);
}

TEST_CASE("over fewer than ten architectures there is no verdict") {
  StudyRow nine = row("a", 0.5, 0.4, 0.6, 0.001);
  CHECK(verdict_of(nine, "params") == Verdict::beats);
  nine.n = 9;
  CHECK(verdict_of(nine, "params") == Verdict::unknown);
  StudyRow rival = baseline();
  rival.n = 9;
  const Answer answer = answer_of(std::vector{rival, nine}, options_of());
  CHECK(answer.headline.find("is not answered") != std::string::npos);
  CHECK(
      answer.detail ==
      "There are 9 architectures: over fewer than 10 there is no interval, "
      "p-value or verdict.");
  CHECK(answer.best.empty());
}

TEST_CASE("too few draws for Holm's correction are named") {
  StudyOptions options = options_of();
  options.draws = 20;
  const std::vector<StudyRow> rows{
      baseline(), row("a", 0.3, 0.2, 0.4, 2.0 / 21), row("b", 0, -1, 1, 1)};
  const Answer few = answer_of(rows, options);
  CHECK(few.headline.starts_with("None of 2 proxies"));
  CHECK(few.detail.ends_with(
      "With 20 draws no p-value can pass Holm's correction over 2 proxies: "
      "draw more."));
  options.draws = 60;
  CHECK(answer_of(rows, options).detail.find("draw more") == std::string::npos);
}

TEST_CASE("the answer goes on to the best architectures") {
  const std::vector<StudyRow> rows{
      baseline(),
      row("a", 0.1, 0.05, 0.2, 0.01),
      row("b", 0.1, 0.05, 0.2, 0.01),
      baseline("top 0.5"),
      row("a", 0.1, 0.05, 0.2, 0.01, "top 0.5"),
      row("b", 0.1, 0.05, 0.2, 0.01, "top 0.5"),
      baseline("top 0.1"),
      row("a", 0.1, 0.05, 0.2, 0.01, "top 0.1"),
      row("b", 0.0, -0.05, 0.2, 0.9, "top 0.1")};
  CHECK(
      answer(rows, {0.5, 0.1}).best ==
      "Among the best 10 % by acc (n = 100), a beats params; of the 2 above, "
      "1 still does.");
  CHECK(
      answer(rows, {0.5}).best ==
      "Among the best 50 % by acc (n = 100), a and b beat params; of the 2 "
      "above, 2 still do.");
  CHECK(answer(rows).best == "");
  CHECK(answer(rows, {0.02}).best == "");
}

TEST_CASE("the summary names who beats the baseline on every metric") {
  const auto on = [](const std::string& metric, double low) {
    return std::vector<StudyRow>{
        row("params", 0, 0, 0, kNan, "all", metric),
        row("a", 0.2, 0.1, 0.3, 0.01, "all", metric),
        row("b", low + 0.1, low, low + 0.2, low > 0 ? 0.01 : 1, "all", metric)};
  };
  StudyOptions options = options_of();
  std::vector<StudyRow> rows = on("acc", 0.1);
  CHECK(summary_of(rows, options) == "");
  options.metrics = {"acc", "other"};
  for (const StudyRow& more : on("other", -0.1)) rows.push_back(more);
  CHECK(
      summary_of(rows, options) ==
      "On both metrics, a beats counting parameters.");
  options.metrics.push_back("third");
  for (StudyRow more : on("third", -0.1)) {
    if (more.proxy == "a") more.tau_minus_baseline_interval.low = -1;
    rows.push_back(more);
  }
  CHECK(
      summary_of(rows, options) ==
      "No proxy is shown to beat counting parameters on all 3 metrics.");
}

TEST_CASE("the answer among some of the architectures is one of its own") {
  StudyRow all = row("a", 0.2, 0.1, 0.3, 0.01);
  StudyRow top = row("a", 0.0, -0.1, 0.1, 1);
  StudyRow rival = baseline();
  top.subset = rival.subset = "top 0.1";
  const Answer made =
      answer_of(std::vector{baseline(), all, rival, top}, options_of());
  CHECK(made.headline == "a beats counting parameters on acc.");
  REQUIRE(made.among.size() == 1);
  CHECK(made.among[0].subset == "top 0.1");
  CHECK(
      made.among[0].headline ==
      "a is not shown to beat counting parameters on acc among the best 10 "
      "%.");
  CHECK(
      made.among[0].detail.find("1 proxy cannot be told") != std::string::npos);
}
