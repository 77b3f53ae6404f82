#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>

#include "analysis/search/algorithm.h"
#include "analysis/search/fronts.h"
#include "analysis/search/runner.h"
#include "nets/spaces/mobilenet_v2_zen.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::search;

namespace {

using Value = std::function<double(const std::string& arch)>;

/// Looks values up, and counts how often it was asked.
class Function final : public Evaluator {
 public:
  explicit Function(std::vector<Value> objectives)
      : objectives_(std::move(objectives)), values_(objectives_.size()) {}

  bool evaluate(std::span<const std::string> archs) override {
    if (stop_after_ == 0) return false;
    --stop_after_;
    for (std::size_t o = 0; o < objectives_.size(); ++o) {
      for (const std::string& arch : archs) {
        values_[o].push_back(objectives_[o](arch));
      }
    }
    return true;
  }

  void update(History& history) override {
    for (std::size_t o = 0; o < values_.size(); ++o) {
      history.set_values(o, values_[o]);
    }
  }

  void stop_after(int batches) { stop_after_ = batches; }

 private:
  std::vector<Value> objectives_;
  std::vector<std::vector<double>> values_;
  int stop_after_ = -1;
};

/// A landscape with one optimum: the last option of every choice.
double hill(const spaces::Space& space, const std::string& arch) {
  double sum = 0;
  for (const int option : space.options_of(arch)) sum += option;
  return sum;
}

/// "0" to "5", which it draws but does not number.
class Six final : public spaces::Space {
 public:
  mutable int drawn = 0;

  const spaces::SpaceInfo& info() const override { return info_; }
  std::string spec(std::int64_t) const override {
    throw std::logic_error("not numbered");
  }
  std::string draw(std::uint64_t seed) const override {
    ++drawn;
    return std::to_string(seed % 6);
  }
  std::string mutate(std::string_view spec, std::uint64_t seed) const override {
    return std::to_string((spec[0] - '0' + (seed % 2 == 0 ? 1 : 5)) % 6);
  }
  std::string normalise(std::string_view spec) const override {
    return std::string(spec);
  }
  graph::Graph build(
      std::string_view,
      Shape,
      Output,
      const spaces::Skeleton&,
      graph::Folding) const override {
    throw std::logic_error("no networks");
  }

 private:
  spaces::SpaceInfo info_{"six", "", "", "0", "", 0, {}};
};

const Feasible kAll = [](const std::string&) { return true; };

struct Found {
  History history{1};
  Outcome outcome;
};

Found search_hill(
    const std::string& algorithm,
    const spaces::Space& space,
    Settings settings,
    std::size_t evaluations,
    const Feasible& feasible = kAll,
    Count count = Count::distinct) {
  settings.evaluations = evaluations;
  const auto searcher =
      make_algorithm(algorithm, {space, feasible}, settings, 1);
  Function function(
      {[&](const std::string& arch) { return hill(space, arch); }});
  Found found;
  found.outcome = run(*searcher, function, found.history, evaluations, count);
  return found;
}

const spaces::Space& tss() {
  return spaces::find_space("nats-tss");
}

}  // namespace

TEST_CASE(
    "search: every algorithm evaluates so many, each once, the same again") {
  for (const AlgorithmInfo& info : algorithms()) {
    CAPTURE(info.name);
    const std::string name(info.name);
    Settings settings;
    settings.seed = 7;
    const Found found = search_hill(name, tss(), settings, 60);
    CHECK(found.history.size() == 60);
    CHECK(found.outcome.end == End::complete);
    const std::set<std::string> distinct(
        found.history.archs().begin(), found.history.archs().end());
    CHECK(distinct.size() == 60);
    CHECK(
        search_hill(name, tss(), settings, 60).history.archs() ==
        found.history.archs());
    if (name == "exhaustive") continue;
    settings.seed = 8;
    CHECK(
        search_hill(name, tss(), settings, 60).history.archs() !=
        found.history.archs());
  }
}

TEST_CASE("search: a longer one begins like a shorter one") {
  // But for progressive, which plans by the number of evaluations.
  for (const char* name :
       {"random", "evolution", "local", "nsga2", "bayes", "reinforce"}) {
    CAPTURE(name);
    const auto longer = search_hill(name, tss(), {}, 80).history.archs();
    const auto shorter = search_hill(name, tss(), {}, 50).history.archs();
    CHECK(std::equal(shorter.begin(), shorter.end(), longer.begin()));
  }
}

TEST_CASE("search: those that learn climb a hill that chance does not") {
  const double top = 24;  // six choices, option 4
  const auto best = [&](const char* name) {
    const Found found = search_hill(name, tss(), {}, 200);
    return found.history.value(*found.history.best());
  };
  for (const char* name : {"evolution", "local", "bayes", "progressive"}) {
    CAPTURE(name);
    CHECK(best(name) == top);
  }
  CHECK(best("nsga2") >= 23);
  CHECK(best("random") < top);
}

TEST_CASE("search: all stay within the budget") {
  const Feasible even = [](const std::string& arch) {
    const std::vector<int> options = tss().options_of(arch);
    return options[0] % 2 == 0 && options[5] < 3;
  };
  for (const AlgorithmInfo& info : algorithms()) {
    CAPTURE(info.name);
    const Found found =
        search_hill(std::string(info.name), tss(), {}, 80, even);
    CHECK(found.history.size() == 80);
    CHECK(std::ranges::all_of(found.history.archs(), even));
  }
}

TEST_CASE("search: a budget that nothing meets ends it") {
  const Feasible none = [](const std::string&) { return false; };
  for (const AlgorithmInfo& info : algorithms()) {
    CAPTURE(info.name);
    const Found found =
        search_hill(std::string(info.name), tss(), {}, 10, none);
    CHECK(found.history.size() == 0);
    CHECK(found.outcome.end == End::exhausted);
  }
}

TEST_CASE("search: the last of a few architectures ends it") {
  const Feasible few = [](const std::string& arch) {
    const std::vector<int> options = tss().options_of(arch);
    return std::ranges::count(options, 4) >= 5;
  };
  for (const char* name : {"random", "exhaustive"}) {
    const Found found = search_hill(name, tss(), {}, 100, few);
    CHECK(found.history.size() == 25);  // all but one choice, 4 others, or none
    CHECK(found.outcome.end == End::exhausted);
  }
}

TEST_CASE("search: a space of six that are not numbered is soon exhausted") {
  const Six space;
  for (const char* name : {"random", "local"}) {
    CAPTURE(name);
    space.drawn = 0;
    const auto searcher = make_algorithm(name, {space, kAll}, {}, 1);
    Function function({[](const std::string& arch) { return arch[0] * 1.0; }});
    History history(1);
    const Outcome outcome =
        run(*searcher, function, history, 100, Count::distinct);
    CHECK(history.size() == 6);
    CHECK(outcome.end == End::exhausted);
    CHECK(space.drawn < 200'000);  // 1,000 for each of 100,000 proposals before
  }
}

TEST_CASE("search: spaces that are no product of choices") {
  for (const char* name : {"resnet", "nas-bench-101", "mobilenet-v2"}) {
    const spaces::Space& space = spaces::find_space(name);
    CAPTURE(name);
    for (const char* algorithm :
         {"random", "evolution", "local", "nsga2", "bayes"}) {
      CAPTURE(algorithm);
      Settings settings;
      settings.batch = 4;
      const auto searcher =
          make_algorithm(algorithm, {space, kAll}, settings, 1);
      Function length({[](const std::string& arch) {
        return static_cast<double>(arch.size());
      }});
      History history(1);
      run(*searcher, length, history, 40, Count::distinct);
      CHECK(history.size() == 40);
    }
    CHECK(test::user_error([&] {
            make_algorithm("progressive", {space, kAll}, {}, 1);
          }).find("no product of choices") != std::string::npos);
  }
  CHECK(test::user_error([&] {
          make_algorithm(
              "exhaustive", {spaces::find_space("resnet"), kAll}, {}, 1);
        }).find("not numbered") != std::string::npos);
}

TEST_CASE("search: a space that nobody can go through has an end") {
  const Feasible none = [](const std::string&) { return false; };
  const auto& darts = spaces::find_space("darts");
  CHECK(
      test::user_error([&] {
        make_algorithm("exhaustive", {darts, none}, {}, 1);
      }) ==
      "--algorithm exhaustive: darts has 1076746950455072400 members, expected "
      "a space of 20000000 at most; random, evolution, local and bayes search "
      "larger ones");
  const auto random = make_algorithm("random", {darts, none}, {}, 1);
  CHECK(random->propose(History(1)).empty());
}

TEST_CASE("search: what is refused") {
  const Problem problem{tss(), kAll};
  CHECK(
      test::user_error([&] { make_algorithm("evolve", problem, {}, 1); }) ==
      "--algorithm evolve: no such algorithm; expected random, evolution, "
      "local, nsga2, progressive, bayes, reinforce, exhaustive");
  CHECK(test::user_error([&] {
          make_algorithm("bays", problem, {}, 1);
        }).find("did you mean bayes?") != std::string::npos);
  CHECK(test::user_error([&] {
          make_algorithm("local", problem, {}, 2);
        }).find("takes one objective, found 2") != std::string::npos);
  Settings settings;
  settings.start = tss().info().example;
  CHECK(test::user_error([&] {
          make_algorithm("random", problem, settings, 1);
        }).find("--start: goes with") != std::string::npos);
}

TEST_CASE("search: a start comes first") {
  Settings settings;
  settings.start = tss().info().example;
  for (const char* name : {"evolution", "local", "nsga2"}) {
    CHECK(
        search_hill(name, tss(), settings, 30).history.arch(0) ==
        settings.start);
  }
}

TEST_CASE("search: queries count what comes again, distinct does not") {
  Settings settings;
  settings.population = 4;
  const Found queries = search_hill(
      "evolution",
      spaces::find_space("nats-sss"),
      settings,
      300,
      kAll,
      Count::queries);
  CHECK(queries.outcome.queries.size() == 300);
  CHECK(queries.history.size() < 300);
  const Found distinct =
      search_hill("evolution", spaces::find_space("nats-sss"), settings, 200);
  CHECK(distinct.history.size() == 200);
  CHECK(distinct.outcome.queries.size() >= 200);
  const auto first = first_queries(queries.outcome, queries.history);
  for (std::size_t i = 0; i < first.size(); ++i) {
    CHECK(queries.outcome.queries[first[i] - 1] == i);
    CHECK(
        std::ranges::count(
            queries.outcome.queries.begin(),
            queries.outcome.queries.begin() +
                static_cast<std::ptrdiff_t>(first[i] - 1),
            i) == 0);
  }
}

TEST_CASE("search: the incumbent is the best so far, the earliest of equals") {
  const Found found = search_hill("random", tss(), {}, 100);
  double best = -1;
  std::size_t record = 0;
  for (std::size_t i = 0; i < 100; ++i) {
    if (found.history.value(i) > best) {
      best = found.history.value(i);
      record = i;
    }
    CHECK(found.outcome.incumbents[i] == record);
  }
}

TEST_CASE("search: who is stopped has what was complete") {
  const auto searcher = make_algorithm("evolution", {tss(), kAll}, {}, 1);
  Function function(
      {[](const std::string& arch) { return hill(tss(), arch); }});
  function.stop_after(12);
  History history(1);
  const Outcome outcome =
      run(*searcher, function, history, 100, Count::distinct);
  CHECK(outcome.end == End::stopped);
  CHECK(history.size() == 12);
  CHECK(
      search_hill("evolution", tss(), {}, 12).history.archs() ==
      history.archs());
}

TEST_CASE("search: architectures without a value are the worst") {
  for (const char* name : {"evolution", "local", "bayes", "progressive"}) {
    CAPTURE(name);
    Settings settings;
    settings.evaluations = 150;
    const auto searcher = make_algorithm(name, {tss(), kAll}, settings, 1);
    Function function({[](const std::string& arch) {
      const double height = hill(tss(), arch);
      return tss().options_of(arch)[0] == 4 ? std::nan("") : height;
    }});
    History history(1);
    run(*searcher, function, history, 150, Count::distinct);
    CHECK(history.size() == 150);
    CHECK(history.value(*history.best()) >= 22);  // of 23
  }
}

TEST_CASE("nsga2: a front of two opposed objectives") {
  const spaces::Space& space = spaces::find_space("nats-sss");
  const auto sum = [&](const std::string& arch, std::size_t from) {
    const std::vector<int> options = space.options_of(arch);
    double total = 0;
    for (std::size_t i = 0; i < options.size(); ++i) {
      total += (i < from ? 1.0 : -0.5) * options[i];
    }
    return total;
  };
  const auto front_size = [&](const char* name) {
    const auto searcher = make_algorithm(name, {space, kAll}, {}, 2);
    Function function(
        {[&](const std::string& arch) { return sum(arch, 3); },
         [&](const std::string& arch) { return -sum(arch, 4); }});
    History history(2);
    run(*searcher, function, history, 400, Count::distinct);
    double area = 0;  // below the front, from (-10, -30), by its corners
    double reached = -30;
    std::vector<std::size_t> front = front_of(history);
    std::ranges::sort(front, [&](std::size_t a, std::size_t b) {
      return history.value(a) > history.value(b);
    });
    for (const std::size_t i : front) {
      area += (history.value(i) + 10) *
              std::max(0.0, history.value(i, 1) - reached);
      reached = std::max(reached, history.value(i, 1));
    }
    return area;
  };
  CHECK(front_size("nsga2") > front_size("random"));
}

TEST_CASE("evolution: ZenNAS's from its start net") {
  const spaces::Space& space = spaces::find_space("mobilenet-v2");
  const Feasible small = [](const std::string& arch) {
    namespace mobile = spaces::mobilenet_v2;
    const auto structure = mobile::parse(arch);
    return mobile::counted_flops(structure, 224, 1000) <= 450'000'000 &&
           mobile::layers(structure) <= 14;
  };
  Settings settings;
  settings.start = space.info().example;
  settings.population = 20;
  const auto searcher =
      make_algorithm("evolution", {space, small}, settings, 1);
  Function width({[](const std::string& arch) {
    double sum = 0;
    for (const auto& block : spaces::mobilenet_v2::parse(arch).blocks) {
      sum += block.out * block.sublayers;
    }
    return sum;
  }});
  History history(1);
  const Outcome outcome = run(*searcher, width, history, 150, Count::distinct);
  CHECK(history.size() == 150);
  CHECK(std::ranges::all_of(history.archs(), small));
  // The first ones differ from the start in one block and its followers'
  // inputs; later ones have come further.
  const auto start = spaces::mobilenet_v2::parse(settings.start);
  for (std::size_t i = 0; i < 5; ++i) {
    const auto child = spaces::mobilenet_v2::parse(history.arch(i));
    if (child.blocks.size() != start.blocks.size()) continue;
    int changed = 0;
    for (std::size_t b = 0; b < start.blocks.size(); ++b) {
      auto block = child.blocks[b];
      block.in = start.blocks[b].in;
      changed += block != start.blocks[b] ? 1 : 0;
    }
    CHECK(changed <= 1);
  }
  CHECK(history.value(*history.best()) > 1.5 * history.value(0));
}
