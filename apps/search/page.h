// `zcp search --html`: what a page shows of searches.
#pragma once

#include <string>
#include <vector>

#include "analysis/report/search_page.h"
#include "apps/search/run.h"

namespace zcp::apps {

/// A report a search, of those that evaluated something.
std::vector<report::SearchReport> make_search_reports(
    const SearchOptions& options,
    const SearchData& data,
    const std::vector<SearchResult>& results,
    const SearchSummary& summary);

/// A search's arguments without what it writes and how it says it, and without
/// the options `more`, which take values, whichever of `--name value` and
/// `--name=value` they are written as.
Arguments without_outputs(
    const Arguments& arguments,
    const std::vector<std::string>& more);

/// Shell words of a search's arguments as a page may show them: files by their
/// names. Sets `shortened` where a folder was left out.
std::vector<std::string> shown_words(
    const Arguments& arguments,
    bool& shortened);

}  // namespace zcp::apps
