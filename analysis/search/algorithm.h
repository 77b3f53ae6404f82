// What a search algorithm is: it proposes, somebody evaluates, it is told.
//
// An algorithm knows nothing of networks, tables or files, and what it proposes
// depends on its seed and on the values that it was told alone. So a search
// that was stopped goes on to the same end when a new object is told the same
// values again, and how many workers evaluate a batch changes nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/search/draws.h"
#include "analysis/search/history.h"
#include "nets/spaces/space.h"

namespace zcp::search {

/// Whether an architecture may be evaluated: it is within the budget.
using Feasible = std::function<bool(const std::string& arch)>;

/// What is searched; both have to outlive the algorithm.
struct Problem {
  const spaces::Space& space;
  const Feasible& feasible;
};

struct Settings {
  std::uint64_t seed = 0;
  /// Proposals at a time, where the algorithm has no number of its own (nsga2
  /// proposes a generation, local a neighbourhood). They all follow from what
  /// was known before the first of them.
  std::size_t batch = 1;
  std::size_t population = 0;  ///< 0: the algorithm's own
  std::size_t tournament = 0;  ///< 0: a third of the population
  /// How many evaluations there will be, for algorithms that plan ahead.
  std::size_t evaluations = 100;
  std::string start;  ///< a spec to begin with; empty: none
  /// Which of several searches that know nothing of each other this is. The
  /// first has the seed itself, each of the others one derived from it. Random
  /// draws of a numbered space and the exhaustive search share one order
  /// instead, of which each takes every islands-th architecture: together they
  /// evaluate what a single search would.
  std::size_t island = 0;  ///< less than islands
  std::size_t islands = 1;
};

class Algorithm {
 public:
  virtual ~Algorithm() = default;

  /// The architectures to evaluate next, at least one; each is within the
  /// budget, and one may come again that was evaluated before. None: the
  /// algorithm finds nothing more.
  virtual std::vector<std::string> propose(const History& history) = 0;

  /// `records` are the places of the proposals in the history, in their order.
  /// Fewer than were proposed: the search ends here.
  virtual void tell(
      const History& history,
      std::span<const std::size_t> records) = 0;
};

/// What the help says of an algorithm, and what it can do.
struct AlgorithmInfo {
  std::string_view name;
  std::string_view summary;
};

/// In the order of the help.
std::span<const AlgorithmInfo> algorithms();

/// Throws UserError for an unknown name, for a space that the algorithm cannot
/// search (exhaustive: one of more than kMostListed members), for several
/// objectives where it takes one, and for a start that it has no use for.
std::unique_ptr<Algorithm> make_algorithm(
    const std::string& name,
    const Problem& problem,
    const Settings& settings,
    std::size_t objectives);

/// Spaces of more members are not gone through to their end, which would take
/// days and more memory than there is.
inline constexpr std::int64_t kMostListed = 20'000'000;

// What several algorithms do.

/// A uniform draw within the budget. None where 20,000 draws find none.
std::optional<std::string> draw_feasible(const Problem& problem, Draws& draws);

/// The same, by preference one that the history has not.
std::optional<std::string>
draw_new(const Problem& problem, const History& history, Draws& draws);

/// A mutation within the budget. None where 2,000 mutations find none.
std::optional<std::string> mutate_feasible(
    const Problem& problem,
    const std::string& parent,
    Draws& draws);

// The factories of list.inc.
#define ZCP_ALGORITHM(name, summary)      \
  std::unique_ptr<Algorithm> make_##name( \
      const Problem& problem, const Settings& settings);
#include "analysis/search/list.inc"
#undef ZCP_ALGORITHM

/// ZenNAS's evolution on mobilenet-v2 from a start network.
std::unique_ptr<Algorithm> make_zen_evolution(
    const Problem& problem,
    const Settings& settings);

}  // namespace zcp::search
