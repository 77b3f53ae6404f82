// What `zcp search` is asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/search/algorithm.h"
#include "analysis/search/runner.h"
#include "apps/budget.h"
#include "apps/command.h"
#include "apps/score/options.h"
#include "apps/search/objective.h"
#include "apps/text_table.h"

namespace zcp::apps {

/// Evaluations where nobody says how many.
constexpr std::size_t kDefaultEvaluations = 100;

struct SearchOptions {
  /// Space, task, protocol, store and devices, as `zcp score` has them; without
  /// proxies and architectures.
  ScoreOptions score;
  std::vector<std::string> algorithms;  ///< one or more
  std::vector<Objective> objectives;    ///< one or more
  Budget budget;
  bool drop_dead = false;     ///< see dead.h
  search::Settings settings;  ///< the seed is the first replay's
  /// None: all that there are, where that is known (exhaustive, tables).
  std::optional<std::size_t> evaluations;
  std::optional<search::Count> count;
  /// Searches that know nothing of each other and share the evaluations; of
  /// them this call makes those of score.shard.
  std::size_t islands = 1;
  std::string scores;  ///< a table or a store; empty: none
  std::string key_scores;
  /// A table of points, among which is searched; empty: none.
  std::string encodings;
  std::string key_encodings;
  std::string truth;  ///< a table; empty: none
  std::string key_truth;
  std::string metric;  ///< the truth's column that regret is in; empty: none
  bool less = false;   ///< whether less of it is better
  std::optional<std::size_t> repeats;
  std::vector<std::string> task_data;      ///< TASK=PATH
  std::string csv;                         ///< empty: none
  std::string figure;                      ///< empty: none
  std::string html;                        ///< a page; empty: none
  std::string output;                      ///< of the winner; empty: none
  TableFormat format = TableFormat::text;  ///< of what is printed
  /// PLACE=OPTION or OPTION, as they were given: what is fixed, forbidden and
  /// preferred.
  std::vector<std::string> fix;
  std::vector<std::string> forbid;
  std::vector<std::string> prefer;
  /// Evaluates what the store has and ends where it would have to compute.
  bool stored = false;
  Arguments arguments;  ///< of this call

  /// The files and folders that are read.
  std::vector<std::string> inputs() const;
};

/// Nothing where --help was asked for, and printed. Throws UserError for an
/// option that is unknown, missing, ill-formed or out of range.
std::optional<SearchOptions> parse_search_options(const Arguments& arguments);

/// Where scores of another task than the search's own are kept: a store has
/// one protocol. `path` is that of the search's own, empty: none.
std::string store_of_task(const std::string& path, const std::string& task);

}  // namespace zcp::apps
