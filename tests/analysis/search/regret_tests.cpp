#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>
#include <unordered_map>

#include "analysis/search/algorithm.h"
#include "analysis/search/fronts.h"
#include "analysis/search/regret.h"
#include "analysis/search/runner.h"
#include "analysis/statistics/pareto.h"
#include "analysis/study/join.h"
#include "benchmarks/tables/table.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::search;

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// NATS-Bench-TSS, by its official numbers.
struct Truth {
  tables::Table table =
      tables::read_table(test::shared("data/nats_tss_accuracy.csv"));

  const std::vector<double>& column(const std::string& name) const {
    return table.values[study::require_column(table, name, "truth")];
  }
};

bool no_truth() {
  return test::absent(test::shared("data/nats_tss_accuracy.csv"));
}

/// How the neighbourhoods of a column look.
struct Landscape {
  int optima = 0;
  double share = 0;  ///< of starts that end in the greatest value
  double mean = 0;   ///< of the values where steepest ascents end
  double steps = 0;
};

Landscape landscape_of(const Truth& truth, const std::string& column) {
  const auto& space = spaces::find_space("nats-tss");
  const std::vector<double>& values = truth.column(column);
  std::unordered_map<std::string, std::size_t> rows;
  for (std::size_t i = 0; i < values.size(); ++i) rows[truth.table.arch[i]] = i;
  std::vector<std::size_t> up(values.size());
  Landscape found;
  double greatest = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    greatest = std::max(greatest, values[i]);
    up[i] = i;
    bool strict = true;
    for (const std::string& near : space.neighbours(truth.table.arch[i])) {
      const std::size_t other = rows.at(near);
      if (values[other] >= values[i]) strict = false;
      if (values[other] > values[up[i]]) up[i] = other;
    }
    if (strict) ++found.optima;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::size_t at = i;
    for (; up[at] != at; at = up[at]) found.steps += 1;
    found.mean += values[at];
    found.share += values[at] == greatest ? 1 : 0;
  }
  const auto n = static_cast<double>(values.size());
  return {found.optima, 100 * found.share / n, found.mean / n, found.steps / n};
}

}  // namespace

TEST_CASE("expected best: by counting all draws of a small table") {
  // Of 1, 2, 3, 4 by themselves: the mean of the greatest of two is 10 / 3.
  const std::vector<double> values{3, 1, 4, 2};
  CHECK(expected_best(values, values, 1) == doctest::Approx(2.5));
  CHECK(expected_best(values, values, 2) == doctest::Approx(10.0 / 3));
  CHECK(expected_best(values, values, 3) == doctest::Approx(3.75));
  CHECK(expected_best(values, values, 4) == doctest::Approx(4));
  // Equal choosers show their mean: of 1, 5, 5 the pairs show 20, 40 and 30.
  const std::vector<double> ties{1, 5, 5};
  const std::vector<double> of_ties{10, 20, 40};
  CHECK(expected_best(ties, of_ties, 2) == doctest::Approx(30));
  CHECK(expected_best(ties, of_ties, 3) == doctest::Approx(30));
  CHECK_THROWS_AS(expected_best(ties, of_ties, 4), std::invalid_argument);
  CHECK_THROWS_AS(expected_best(ties, of_ties, 0), std::invalid_argument);
}

TEST_CASE("expected best: rows without a value are drawn as any other") {
  // a, b, c, d without a chooser and e that shows nothing. The pairs show
  // ab 20, ac 40, ad 10, ae 10, bc 30, bd 20, be 20, cd 40, ce 40; de nothing.
  const std::vector<double> chooser{1, 5, 5, kNone, 0};
  const std::vector<double> shown{10, 20, 40, 99, kNone};
  CHECK(expected_best(chooser, shown, 1) == doctest::Approx(70.0 / 3));
  CHECK(expected_best(chooser, shown, 2) == doctest::Approx(230.0 / 9));
  // abc 30, abd 20, abe 20, acd 40, ace 40, ade 10, bcd 30, bce 30, bde 20,
  // cde 40.
  CHECK(expected_best(chooser, shown, 3) == doctest::Approx(28));
  CHECK(expected_best(chooser, shown, 5) == doctest::Approx(30));
  CHECK_THROWS_AS(expected_best(chooser, shown, 6), std::invalid_argument);
  // Of a tie in which one shows nothing the other one is shown.
  const std::vector<double> half{10, kNone, 40};
  const std::vector<double> tied{1, 5, 5};
  CHECK(expected_best(tied, half, 3) == doctest::Approx(40));
  // The pairs: 1 and 5 show nothing, 1 and 5' 40, 5 and 5' 40 half of the time.
  CHECK(expected_best(tied, half, 2) == doctest::Approx(40));
  // Less than any number is still a value.
  const double least = -std::numeric_limits<double>::infinity();
  CHECK(
      expected_best(
          std::vector<double>{least, kNone}, std::vector<double>{3, 4}, 2) ==
      3);
  CHECK(std::isnan(expected_best(std::vector<double>{kNone, kNone}, half, 1)));
}

TEST_CASE("expected best: random search on NATS-Bench") {
  if (no_truth()) return;
  const Truth truth;
  // NumPy with log-gamma functions, over the 15,625 cells.
  struct Row {
    std::size_t n;
    const char* task;
    double oracle;
    double chosen;  ///< by validation
  };
  for (const Row& row :
       {Row{1, "cifar10", 87.062931, 87.062931},
        Row{10, "cifar10", 93.095234, 93.028614},
        Row{100, "cifar10", 93.847394, 93.781347},
        Row{1000, "cifar10", 94.210790, 94.071189},
        Row{10, "cifar100", 69.823813, 69.741500},
        Row{1000, "cifar100", 72.852824, 72.588230},
        Row{1, "imagenet16_120", 33.586394, 33.586394},
        Row{100, "imagenet16_120", 45.633043, 45.357251},
        Row{1000, "imagenet16_120", 46.647419, 46.171094}}) {
    CAPTURE(row.task);
    CAPTURE(row.n);
    const auto& test = truth.column(std::string(row.task) + "_test");
    const auto& valid = truth.column(std::string(row.task) + "_valid");
    CHECK(std::abs(expected_best(test, test, row.n) - row.oracle) < 1e-6);
    CHECK(std::abs(expected_best(valid, test, row.n) - row.chosen) < 1e-6);
  }
  const auto& valid = truth.column("imagenet16_120_valid");
  const auto& test = truth.column("imagenet16_120_test");
  CHECK(expected_best(valid, test, 15625) == doctest::Approx(46.2));
}

TEST_CASE("neighbours: the local optima of NATS-Bench") {
  if (no_truth()) return;
  const Truth truth;
  struct Row {
    const char* column;
    int optima;
    double share;
    double mean;
    double steps;
  };
  for (const Row& row :
       {Row{"cifar10_test", 17, 73.52, 94.2183, 4.63},
        Row{"cifar10_valid", 22, 47.37, 91.3886, 4.35},
        Row{"cifar100_test", 23, 74.92, 73.0135, 4.72},
        Row{"cifar100_valid", 31, 58.15, 72.7936, 4.58},
        Row{"imagenet16_120_test", 34, 19.18, 46.4601, 4.02},
        Row{"imagenet16_120_valid", 51, 5.11, 45.8624, 3.67}}) {
    CAPTURE(row.column);
    const Landscape found = landscape_of(truth, row.column);
    CHECK(found.optima == row.optima);
    CHECK(std::abs(found.share - row.share) < 0.005);
    CHECK(std::abs(found.mean - row.mean) < 0.00005);
    CHECK(std::abs(found.steps - row.steps) < 0.005);
  }
}

TEST_CASE("fronts: accuracy against #params on NATS-Bench") {
  if (no_truth()) return;
  const Truth truth;
  const auto& params = truth.column("params_cifar10");
  struct Row {
    const char* column;
    std::size_t points;
    double volume;
  };
  for (const Row& row :
       {Row{"cifar10_test", 14, 0.890918},
        Row{"cifar100_test", 13, 0.682812},
        Row{"imagenet16_120_test", 13, 0.431443}}) {
    CAPTURE(row.column);
    const auto& accuracy = truth.column(row.column);
    History history(2);
    for (const std::string& arch : truth.table.arch) history.add(arch);
    history.set_values(0, accuracy);
    std::vector<double> less;
    std::vector<double> share;
    for (const double value : params) {
      less.push_back(-value);
      share.push_back(value / 1'531'546);
    }
    history.set_values(1, less);
    const auto front = front_of(history);
    std::set<std::pair<double, double>> points;
    for (const std::size_t i : front) points.insert({params[i], accuracy[i]});
    CHECK(points.size() == row.points);
    std::vector<double> part;
    for (const double value : accuracy) part.push_back(value / 100);
    CHECK(
        std::abs(
            statistics::hypervolume(part, share, front, 0, 1) - row.volume) <
        1e-6);
    if (row.points == 14) {
      CHECK(points.begin()->first == 73306);
      CHECK(std::abs(points.begin()->second - 86.80) < 0.005);
      CHECK(points.rbegin()->first == 1073466);
    }
  }
}

TEST_CASE("regret: searches reach what the literature's code reaches") {
  if (no_truth()) return;
  const Truth truth;
  const auto& valid = truth.column("cifar10_valid");
  const auto& test = truth.column("cifar10_test");
  std::unordered_map<std::string, std::size_t> rows;
  for (std::size_t i = 0; i < valid.size(); ++i) rows[truth.table.arch[i]] = i;
  class Lookup final : public Evaluator {
   public:
    Lookup(
        const std::unordered_map<std::string, std::size_t>& rows,
        const std::vector<double>& values)
        : rows_(rows), values_(values) {}
    bool evaluate(std::span<const std::string> archs) override {
      for (const auto& arch : archs) found_.push_back(values_[rows_.at(arch)]);
      return true;
    }
    void update(History& history) override { history.set_values(0, found_); }

   private:
    const std::unordered_map<std::string, std::size_t>& rows_;
    const std::vector<double>& values_;
    std::vector<double> found_;
  };
  const Feasible all = [](const std::string&) { return true; };
  constexpr std::array<std::size_t, 6> kQueries{25, 50, 100, 200, 300, 500};
  struct Row {
    const char* algorithm;
    std::size_t population;
    std::size_t tournament;
    std::array<double, 6> theirs;
  };
  // Means of 1,000 seeds of NASLib's algorithms, chosen by validation, shown on
  // the test set; their standard errors are 0.015 at most.
  for (const Row& row :
       {Row{"evolution", 30, 10, {93.41, 93.83, 94.11, 94.24, 94.28, 94.32}},
        Row{"evolution", 100, 25, {93.41, 93.61, 93.78, 94.24, 94.32, 94.36}},
        Row{"local", 10, 0, {93.58, 93.93, 94.11, 94.22, 94.29, 94.35}}}) {
    CAPTURE(row.algorithm);
    CAPTURE(row.population);
    std::array<std::vector<double>, 6> shown;
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
      Settings settings;
      settings.seed = seed;
      settings.population = row.population;
      settings.tournament = row.tournament;
      const auto searcher = make_algorithm(
          row.algorithm, {spaces::find_space("nats-tss"), all}, settings, 1);
      Lookup lookup(rows, valid);
      History history(1);
      const Outcome outcome =
          run(*searcher, lookup, history, 500, Count::queries);
      for (std::size_t q = 0; q < kQueries.size(); ++q) {
        const std::size_t record = outcome.incumbents[kQueries[q] - 1];
        shown[q].push_back(test[rows.at(history.arch(record))]);
      }
    }
    for (std::size_t q = 0; q < kQueries.size(); ++q) {
      CAPTURE(kQueries[q]);
      const Estimate ours = estimate(shown[q]);
      const double error = (ours.high - ours.mean) / 1.96;
      // Both means are of 1,000 seeds, so both have this error.
      CHECK(
          std::abs(ours.mean - row.theirs[q]) <
          3 * std::sqrt(2.0) * error + 0.005);
    }
  }
}

TEST_CASE("estimate: the mean and its interval") {
  const std::vector<double> values{1, 2, 3, 4};
  const Estimate found = estimate(values);
  CHECK(found.mean == 2.5);
  // s = sqrt(5 / 3), divided by 2.
  CHECK(found.high - 2.5 == doctest::Approx(1.96 * std::sqrt(5.0 / 3) / 2));
  CHECK(2.5 - found.low == doctest::Approx(found.high - 2.5));
  const Estimate one = estimate(std::vector<double>{7});
  CHECK(one.mean == 7);
  CHECK(std::isnan(one.low));
  CHECK(std::isnan(estimate({}).mean));
}

TEST_CASE("shown queries: ascending to the last") {
  CHECK(shown_queries(3) == std::vector<std::size_t>{1, 2, 3});
  const auto many = shown_queries(555);
  CHECK(many[99] == 100);
  CHECK(many[100] == 110);
  CHECK(many.back() == 555);
  CHECK(shown_queries(0).empty());
  CHECK(shown_queries(20'000).size() < 400);
}
