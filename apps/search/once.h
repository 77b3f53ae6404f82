// One search by one algorithm, which is the whole or an island of several.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "apps/search/evaluate.h"
#include "apps/search/run.h"

namespace zcp::apps {

/// Which of how many islands a search is.
struct Place {
  std::size_t island = 0;
  std::size_t islands = 1;
};

/// How many evaluations all islands make together: as many as asked for, else
/// those of the space or 100.
std::size_t evaluations_of(
    const SearchOptions& options,
    const SearchData& data,
    const std::string& algorithm);

/// What the algorithm is told, of the whole search.
search::Settings settings_of(
    const SearchOptions& options,
    const SearchData& data,
    const std::string& algorithm);

/// Searches with a share of the evaluations. The result lacks values and front,
/// which `evaluator`, new at first, has.
SearchResult search_once(
    const SearchOptions& options,
    const SearchData& data,
    const std::string& algorithm,
    std::span<const ScoredColumns> scored,
    const Place& place,
    ColumnEvaluator& evaluator);

}  // namespace zcp::apps
