// One call of `zcp search`, after its options were read.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/search/history.h"
#include "analysis/search/regret.h"
#include "analysis/search/runner.h"
#include "apps/search/columns.h"
#include "apps/search/options.h"

namespace zcp::apps {

/// Scores of one task's proxies.
class ProxyScorer {
 public:
  virtual ~ProxyScorer() = default;

  /// The scores of architectures, [architecture][proxy], NaN where there is
  /// none; by way of the store where there is one. Nothing when an interrupt
  /// came: then the store has those that were complete. Throws
  /// std::runtime_error when a score is missing for a reason outside the
  /// architecture.
  virtual std::optional<std::vector<std::vector<double>>> score(
      const std::vector<std::string>& archs) = 0;

  /// How many scores were computed, and not found in the store.
  virtual std::int64_t computed() const = 0;

  /// Why scores do not exist, a line each.
  virtual std::vector<std::string> missing_lines() const = 0;
};

/// Makes a scorer of proxies of a task (empty: the search's own). Throws
/// UserError for an unknown proxy or task.
using MakeScorer = std::function<std::unique_ptr<ProxyScorer>(
    const SearchOptions& options,
    const std::string& task,
    const std::vector<std::string>& proxies)>;

/// Writes the network of an architecture to SearchOptions::output, and returns
/// what there is to say of it.
using WriteWinner = std::function<
    std::string(const SearchOptions& options, const std::string& arch)>;

/// A curve of regret.
struct RegretPoint {
  std::size_t queries;
  search::Estimate shown;   ///< of the metric
  search::Estimate regret;  ///< how far it is from the optimum, 0 or more
};

/// What one algorithm found.
struct SearchResult {
  explicit SearchResult(std::size_t objectives) : history(objectives) {}

  std::string algorithm;
  search::History history;
  search::Outcome outcome;
  /// The objectives as they are printed, [objective][record]: not negated.
  std::vector<std::vector<double>> values;
  std::vector<std::size_t> front;  ///< records
  /// The island that evaluated each record first; empty where there is one.
  std::vector<std::size_t> islands;
  std::vector<RegretPoint> regret;
  std::int64_t rejected = 0;  ///< proposals beyond the budget
  std::int64_t computed = 0;  ///< scores that were not in the store
  double seconds = 0;         ///< of everything
  double scoring = 0;         ///< of it, for evaluations
};

/// What all algorithms of a call have in common.
struct SearchSummary {
  std::optional<double> optimum;  ///< the best of the metric within the budget
  std::string metric;
  std::size_t repeats = 0;  ///< 0: one search that was no replay
  /// What random search shows on average, exactly; empty where that is not
  /// known.
  std::vector<RegretPoint> random;
};

/// Searches and writes what was asked for. Where objectives need proxies and
/// `make` is null, or a winner is to be written and `write` is, as in a program
/// without LibTorch, the value of `otherwise` is returned before anything was
/// done. Returns the exit status: 1 where an
/// interrupt ended a search. `encode` is for an encoder among the options.
int run_search(
    const SearchOptions& options,
    const MakeScorer& make,
    const std::function<int(const SearchData& data)>& otherwise = {},
    const WriteWinner& write = {},
    const EncodePoints& encode = {});

}  // namespace zcp::apps
