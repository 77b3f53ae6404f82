#include "analysis/search/algorithm.h"

#include <array>

#include "common/error.h"
#include "common/random.h"

namespace zcp::search {
namespace {

constexpr int kDraws = 20'000;
constexpr int kNewDraws = 1'000;
constexpr int kMutations = 2'000;

void check_use(
    const std::string& name,
    const spaces::Space& space,
    const Settings& settings,
    std::size_t objectives) {
  const bool takes_several =
      name == "random" || name == "nsga2" || name == "exhaustive";
  if (objectives > 1 && !takes_several) {
    throw UserError(
        "--algorithm {}: takes one objective, found {}; nsga2, random and "
        "exhaustive take several",
        name,
        objectives);
  }
  if (name == "progressive" && space.choices().empty()) {
    throw UserError(
        "--algorithm progressive: {} is no product of choices; expected "
        "evolution, local, bayes or random",
        space.info().name);
  }
  if (name == "exhaustive" && space.info().size == 0) {
    throw UserError(
        "--algorithm exhaustive: the members of {} are not numbered; expected "
        "evolution, local, bayes or random",
        space.info().name);
  }
  if (name == "exhaustive" && space.info().size > kMostListed) {
    throw UserError(
        "--algorithm exhaustive: {} has {} members, expected a space of {} at "
        "most; random, evolution, local and bayes search larger ones",
        space.info().name,
        space.info().size,
        kMostListed);
  }
  const bool starts = name == "evolution" || name == "local" || name == "nsga2";
  if (!settings.start.empty() && !starts) {
    throw UserError(
        "--start: goes with --algorithm evolution, local or nsga2, not {}",
        name);
  }
}

/// The settings of one island: its own seed, where islands share no order.
Settings of_island(
    const std::string& name,
    const spaces::Space& space,
    Settings settings) {
  const bool shares_order =
      name == "exhaustive" || (name == "random" && space.info().size > 0);
  if (shares_order) return settings;
  if (settings.island > 0) {
    settings.seed = derive_seed(settings.seed, "island", settings.island);
  }
  settings.island = 0;
  settings.islands = 1;
  return settings;
}

}  // namespace

std::span<const AlgorithmInfo> algorithms() {
  static constexpr std::array all{
#define ZCP_ALGORITHM(name, summary) AlgorithmInfo{#name, summary},
#include "analysis/search/list.inc"
#undef ZCP_ALGORITHM
  };
  return all;
}

std::unique_ptr<Algorithm> make_algorithm(
    const std::string& name,
    const Problem& problem,
    const Settings& settings,
    std::size_t objectives) {
  check_use(name, problem.space, settings, objectives);
  const Settings own_settings = of_island(name, problem.space, settings);
#define ZCP_ALGORITHM(own, summary) \
  if (name == #own) return make_##own(problem, own_settings);
#include "analysis/search/list.inc"
#undef ZCP_ALGORITHM
  std::vector<std::string> names;
  std::string list;
  for (const AlgorithmInfo& info : algorithms()) {
    names.emplace_back(info.name);
    list += (list.empty() ? "" : ", ") + names.back();
  }
  const std::string near = nearest_name(name, names);
  throw UserError(
      "--algorithm {}: no such algorithm{}; expected {}",
      name,
      near.empty() ? "" : ", did you mean " + near + "?",
      list);
}

std::optional<std::string> draw_feasible(const Problem& problem, Draws& draws) {
  for (int i = 0; i < kDraws; ++i) {
    std::string arch = problem.space.draw(draws.seed());
    if (problem.feasible(arch)) return arch;
  }
  return std::nullopt;
}

std::optional<std::string>
draw_new(const Problem& problem, const History& history, Draws& draws) {
  std::optional<std::string> arch;
  for (int i = 0; i < kNewDraws; ++i) {
    arch = draw_feasible(problem, draws);
    if (!arch || !history.find(*arch)) return arch;
  }
  return arch;
}

std::optional<std::string> mutate_feasible(
    const Problem& problem,
    const std::string& parent,
    Draws& draws) {
  for (int i = 0; i < kMutations; ++i) {
    std::string child = problem.space.mutate(parent, draws.seed());
    if (problem.feasible(child)) return child;
  }
  return std::nullopt;
}

}  // namespace zcp::search
