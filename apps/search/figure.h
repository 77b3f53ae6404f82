// The regret of searches as a figure shows it.
#pragma once

#include <span>

#include "analysis/report/search_figure.h"
#include "apps/search/run.h"

namespace zcp::apps {

/// `summary` has an optimum.
report::RegretFigure regret_figure(
    const SearchOptions& options,
    std::span<const SearchResult> results,
    const SearchSummary& summary);

}  // namespace zcp::apps
