// A search from its first evaluation to its last.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "analysis/search/algorithm.h"
#include "analysis/search/history.h"

namespace zcp::search {

/// Gives architectures their values.
class Evaluator {
 public:
  virtual ~Evaluator() = default;

  /// Evaluates architectures that were not evaluated before. False: somebody
  /// asked to stop, and none of them counts.
  virtual bool evaluate(std::span<const std::string> archs) = 0;

  /// Sets the values of all records. Those that were evaluated since the last
  /// call are the last ones.
  virtual void update(History& history) = 0;
};

/// What counts as one of the evaluations that a search may make.
enum class Count {
  distinct,  ///< an architecture that was not evaluated before
  queries,   ///< every proposal, as the literature counts on tables
};

/// Why a search ended.
enum class End {
  complete,   ///< it made all its evaluations
  exhausted,  ///< the algorithm found nothing more
  stopped,    ///< the evaluator was asked to stop
};

struct Outcome {
  std::vector<std::size_t> queries;  ///< the record of each proposal, in order
  /// After each query the record with the greatest value of the first
  /// objective, the earliest of equal ones; kNoRecord while none has a value.
  /// Where values change with the history they are those after the batch.
  std::vector<std::size_t> incumbents;
  End end = End::complete;
};

inline constexpr std::size_t kNoRecord = static_cast<std::size_t>(-1);

/// Lets an algorithm search until `evaluations` were made. `history` is empty
/// at first and has every evaluated architecture at the end. With
/// Count::distinct a search whose last 100,000 proposals brought nothing new is
/// exhausted.
Outcome run(
    Algorithm& algorithm,
    Evaluator& evaluator,
    History& history,
    std::size_t evaluations,
    Count count);

/// After how many queries, from 1, each record was evaluated first.
std::vector<std::size_t> first_queries(
    const Outcome& outcome,
    const History& history);

}  // namespace zcp::search
