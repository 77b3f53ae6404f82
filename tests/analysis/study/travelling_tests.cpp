#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "analysis/statistics/correlation.h"
#include "analysis/study/travelling.h"
#include "common/error.h"
#include "common/random.h"
#include "tests/support/vectors.h"

using namespace zcp::study;
using namespace zcp::test;
using Strings = std::vector<std::string>;

namespace {

/// A space whose proxies share these parts of the truth.
TravelTask task_of(
    const std::string& space,
    const std::vector<double>& shares,
    std::uint64_t seed,
    std::size_t rows = 80) {
  std::vector<float> noise((shares.size() + 1) * rows);
  zcp::fill_normal(noise, 1.0F, seed);
  TravelTask task;
  task.space = space;
  task.metric = "acc";
  task.truth.assign(noise.begin(), noise.begin() + std::ptrdiff_t(rows));
  task.scores.source = space + ".csv";
  for (std::size_t i = 0; i < rows; ++i) {
    task.scores.arch.push_back("a" + std::to_string(i));
    task.rows.push_back(i);
  }
  for (std::size_t p = 0; p < shares.size(); ++p) {
    Vector scores;
    for (std::size_t i = 0; i < rows; ++i) {
      scores.push_back(
          shares[p] * task.truth[i] + double(noise[(p + 1) * rows + i]));
    }
    task.scores.columns.push_back("p" + std::to_string(p));
    task.scores.values.push_back(scores);
  }
  task.proxies = task.scores.columns;
  return task;
}

/// p0 and p1 hold a part of the truth each everywhere; p2 holds much of it on
/// the first two spaces and the opposite on the third.
std::vector<TravelTask> three_spaces() {
  return {
      task_of("one", {0.8, 0.8, 2.0, 0.0}, 1),
      task_of("two", {0.8, 0.8, 2.0, 0.0}, 2),
      task_of("three", {0.8, 0.8, -2.0, 0.0}, 3)};
}

TravelOptions quick() {
  TravelOptions options;
  options.draws = 60;
  options.baseline = "p3";
  return options;
}

std::string error_of(
    const std::vector<TravelTask>& tasks,
    const TravelOptions& options = quick()) {
  try {
    choose_travelling(tasks, options);
  } catch (const zcp::UserError& error) {
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("travelling: the accuracies of the space left out choose nothing") {
  const auto tasks = three_spaces();
  const Travelling before = choose_travelling(tasks, quick());
  REQUIRE(before.results.size() == 3);
  for (std::size_t at = 0; at < tasks.size(); ++at) {
    auto other = tasks;
    for (double& value : other[at].truth) value = -value;
    const Travelling after = choose_travelling(other, quick());
    CHECK(
        formula_of(after.results[at].chosen) ==
        formula_of(before.results[at].chosen));
    CHECK(
        after.results[at].scores[1].proxy ==
        before.results[at].scores[1].proxy);
    // They are judged by them, though.
    CHECK(
        after.results[at].scores[0].tau ==
        doctest::Approx(-before.results[at].scores[0].tau));
  }
}

TEST_CASE("travelling: what is reported is tau of the composite, as written") {
  const auto tasks = three_spaces();
  TravelOptions options = quick();
  options.composites = {
      parse_composite("all=rank_sum(p0,p1,p2,p3)"), parse_composite("az_nas")};
  const Travelling found = choose_travelling(tasks, options);
  for (std::size_t at = 0; at < tasks.size(); ++at) {
    const TravelResult& result = found.results[at];
    REQUIRE(result.scores.size() == 6);
    CHECK(
        result.scores[0].tau ==
        zcp::statistics::kendall_tau_b(
            composite_scores(result.chosen, tasks[at].scores),
            tasks[at].truth));
    CHECK(result.scores[0].proxy == formula_of(result.chosen));
    double best = -1;
    for (const auto& values : tasks[at].scores.values) {
      best = std::max(
          best, zcp::statistics::kendall_tau_b(values, tasks[at].truth));
    }
    CHECK(result.scores[2].role == "best");
    CHECK(result.scores[2].tau == best);
    CHECK(result.scores[3].proxy == "p3");
    CHECK(result.scores[4].proxy == "all");
    for (std::size_t i = 1; i < 5; ++i) {
      const TravelScore& score = result.scores[i];
      CHECK(score.composite_minus == result.scores[0].tau - score.tau);
      CHECK(score.interval.low <= score.tau);
      CHECK(score.interval.high >= score.tau);
    }
    CHECK(result.scores[5].proxy == "az_nas");
    CHECK(std::isnan(result.scores[5].tau));
  }
  // Two spaces know nothing of what p2 does on the third; all three do.
  CHECK(contains(formula_of(found.results[2].chosen), "p2"));
  CHECK_FALSE(contains(formula_of(found.overall), "p2"));
  CHECK(contains(formula_of(found.overall), "p0"));
}

TEST_CASE("travelling: tasks of a space are left out together, or alone") {
  auto tasks = three_spaces();
  tasks[2].space = "two";
  tasks[2].metric = "other";
  const Travelling whole = choose_travelling(tasks, quick());
  CHECK(
      formula_of(whole.results[1].chosen) ==
      formula_of(whole.results[2].chosen));
  TravelOptions options = quick();
  options.leave_out = LeaveOut::task;
  const Travelling alone = choose_travelling(tasks, options);
  CHECK(
      formula_of(alone.results[1].chosen) !=
      formula_of(alone.results[2].chosen));
}

TEST_CASE("travelling: proxies that a task lacks or cannot order stay out") {
  auto tasks = three_spaces();
  tasks[0].proxies.erase(tasks[0].proxies.begin());
  std::ranges::fill(tasks[1].scores.values[1], 7.0);
  const Travelling found = choose_travelling(tasks, quick());
  CHECK(found.candidates == std::vector<std::string>{"p2", "p3"});
  REQUIRE(found.left_out.size() == 2);
  CHECK(contains(found.left_out[0], "p1 (the same for all acc of two)"));
  CHECK(contains(found.left_out[1], "p0 (no score in acc of one)"));
}

TEST_CASE("travelling: what cannot be judged is refused") {
  const auto one = task_of("one", {1, 1}, 1);
  CHECK(contains(error_of({one, one}), "every table is of the space one"));
  CHECK(contains(
      error_of({one, task_of("two", {1, 1}, 2, 9)}),
      "acc of two has 9 architectures with scores, expected 10 or more"));
  auto other = task_of("two", {1, 1}, 2);
  other.proxies.clear();
  CHECK(contains(error_of({one, other}), "found no proxy that has scores"));
}

TEST_CASE("travelling: a metric's own columns under the names of proxies") {
  zcp::tables::Table scores;
  scores.source = "s.csv";
  scores.arch = {"a", "b"};
  scores.columns = {
      "cifar10_nwot", "cifar100_nwot", "cifar10_flops", "imagenet16_120_nwot"};
  scores.values = {{1, 2}, {3, 4}, {5, 6}, {7, 8}};
  const auto of = [&](const std::string& metric) {
    return scores_for_metric(scores, scores.columns, metric);
  };
  CHECK(of("cifar10_valid").columns == Strings{"nwot", "macs"});
  CHECK(of("cifar10_valid").values == std::vector<Vector>{{1, 2}, {5, 6}});
  CHECK(of("cifar100_test_200").values == std::vector<Vector>{{3, 4}});
  CHECK(of("imagenet16_120").values == std::vector<Vector>{{7, 8}});
  CHECK(of("ninapro").columns.size() == 4);
}
