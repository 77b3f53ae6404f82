// Searches on tables, many times over: regret against the number of queries.
#pragma once

#include "apps/search/run.h"

namespace zcp::apps {

/// The optimum of the metric among the architectures of the truth that the
/// search may evaluate, and the exact curve of random search. Throws UserError
/// where there is no such architecture.
SearchSummary summarise_truth(
    const SearchOptions& options,
    const SearchData& data);

/// Fills SearchResult::regret of one search that was made.
void judge(
    SearchResult& result,
    const SearchData& data,
    const SearchSummary& summary);

/// Searches `repeats` times with the seeds from the settings' on, and gives the
/// first search with the regret of all. Nothing when an interrupt came.
std::optional<SearchResult> replay(
    const SearchOptions& options,
    const SearchData& data,
    const std::string& algorithm,
    const search::Settings& settings,
    std::size_t evaluations,
    search::Count count,
    const SearchSummary& summary);

}  // namespace zcp::apps
