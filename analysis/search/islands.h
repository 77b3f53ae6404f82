// Several searches of one space that knew nothing of each other, as one.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "analysis/search/history.h"
#include "analysis/search/runner.h"

namespace zcp::search {

/// How many of `evaluations` the island `island` of `islands` makes: the shares
/// differ by one at most and sum to all of them.
std::size_t
island_share(std::size_t evaluations, std::size_t island, std::size_t islands);

/// Puts the architectures of each history into `united`, which is empty at
/// first, one history after another, each architecture once. Returns where each
/// record is there, [history][record].
std::vector<std::vector<std::size_t>> unite_histories(
    std::span<const History> histories,
    History& united);

/// The queries of the searches one after another. `united` has its values: the
/// incumbents are the best by them of what was queried up to there. The end is
/// the one that came first of stopped, exhausted and complete.
Outcome unite_outcomes(
    std::span<const Outcome> outcomes,
    const std::vector<std::vector<std::size_t>>& places,
    const History& united);

}  // namespace zcp::search
