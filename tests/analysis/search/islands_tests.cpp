#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <set>

#include "analysis/search/algorithm.h"
#include "analysis/search/islands.h"
#include "nets/spaces/space.h"

using namespace zcp;
using namespace zcp::search;

namespace {

using Strings = std::vector<std::string>;
using Places = std::vector<std::size_t>;

/// A value that differs from architecture to architecture.
class Lengths final : public Evaluator {
 public:
  bool evaluate(std::span<const std::string> archs) override {
    for (const std::string& arch : archs) {
      double value = 0;
      for (const char c : arch) value = value * 3 + (c - '0');
      values_.push_back(value);
    }
    return true;
  }
  void update(History& history) override { history.set_values(0, values_); }

 private:
  std::vector<double> values_;
};

/// Every second architecture is within the budget.
const Feasible kHalf = [](const std::string& arch) {
  return arch.back() != '1';
};

Strings evaluated(
    const std::string& algorithm,
    std::size_t evaluations,
    std::size_t island = 0,
    std::size_t islands = 1) {
  const spaces::Space& space = spaces::find_space("nas-bench-macro");
  Settings settings;
  settings.seed = 3;
  settings.island = island;
  settings.islands = islands;
  settings.batch = 4;
  settings.evaluations = island_share(evaluations, island, islands);
  const auto own = make_algorithm(algorithm, {space, kHalf}, settings, 1);
  Lengths evaluator;
  History history(1);
  run(*own, evaluator, history, settings.evaluations, Count::distinct);
  return history.archs();
}

History history_of(const Strings& archs) {
  History history(1);
  for (const std::string& arch : archs) history.add(arch);
  return history;
}

}  // namespace

TEST_CASE("islands: shares differ by one at most and sum to all") {
  for (const std::size_t islands : {1U, 2U, 3U, 7U}) {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < islands; ++i) {
      const std::size_t share = island_share(100, i, islands);
      CHECK((share == 100 / islands || share == 100 / islands + 1));
      sum += share;
    }
    CHECK(sum == 100);
  }
}

TEST_CASE("islands: random and exhaustive ones divide a single search") {
  for (const char* name : {"random", "exhaustive"}) {
    CAPTURE(name);
    const Strings single = evaluated(name, 100);
    const std::set<std::string> whole(single.begin(), single.end());
    REQUIRE(whole.size() == 100);
    for (const std::size_t islands : {2U, 7U}) {
      std::set<std::string> together;
      std::size_t count = 0;
      for (std::size_t i = 0; i < islands; ++i) {
        const Strings own = evaluated(name, 100, i, islands);
        together.insert(own.begin(), own.end());
        count += own.size();
      }
      CHECK(count == 100);
      CHECK(together == whole);
    }
  }
}

TEST_CASE("islands: the first has the seed itself, the others their own") {
  for (const char* name : {"evolution", "local", "bayes", "progressive"}) {
    CAPTURE(name);
    const Strings single = evaluated(name, 20);
    // 20 of 40 evaluations; what plans ahead knows of those 20 alone.
    const Strings first = evaluated(name, 40, 0, 2);
    const Strings second = evaluated(name, 40, 1, 2);
    CHECK(first == single);
    CHECK(second.size() == 20);
    CHECK(second != first);
    CHECK(evaluated(name, 40, 1, 2) == second);
    CHECK(evaluated(name, 60, 2, 3) != second);
  }
}

TEST_CASE("islands: their histories united") {
  const std::vector<History> histories{
      history_of({"a", "b"}), history_of({"c", "a", "d"})};
  History united(1);
  const auto places = unite_histories(histories, united);
  CHECK(united.archs() == Strings{"a", "b", "c", "d"});
  CHECK(places == std::vector<Places>{{0, 1}, {2, 0, 3}});
  const double none = std::numeric_limits<double>::quiet_NaN();
  united.set_values(0, {none, 5, 5, 7});
  const std::vector<Outcome> outcomes{
      {{0, 1, 0}, {}, End::exhausted}, {{0, 1, 2}, {}, End::complete}};
  const Outcome all = unite_outcomes(outcomes, places, united);
  CHECK(all.queries == Places{0, 1, 0, 2, 0, 3});
  // The earliest of equal ones.
  CHECK(all.incumbents == Places{kNoRecord, 1, 1, 1, 1, 3});
  CHECK(all.end == End::exhausted);
}
