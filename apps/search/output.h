// What `zcp search` writes.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "apps/search/run.h"

namespace zcp::apps {

/// The table, the figure and what goes to standard output, as asked for.
void write_search(
    const SearchOptions& options,
    const SearchData& data,
    const std::vector<SearchResult>& results,
    const SearchSummary& summary);

/// A row an evaluated architecture in the order of evaluation: arch, the
/// objectives, the budget's columns, step (the query that evaluated it first,
/// from 1), on_front; of several islands also island, of several searches
/// algorithm.
void write_search_csv(
    std::ostream& out,
    const SearchOptions& options,
    const SearchData& data,
    const std::vector<SearchResult>& results);

/// One object; of several searches an array.
std::string search_json(
    const SearchOptions& options,
    const std::vector<SearchResult>& results,
    const SearchSummary& summary);

}  // namespace zcp::apps
