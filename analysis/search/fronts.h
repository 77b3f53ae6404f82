// Fronts of several objectives, more of each is better.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "analysis/search/history.h"

namespace zcp::search {

/// Whether record `a` is no worse than `b` in every objective and better in
/// one.
bool dominates(const History& history, std::size_t a, std::size_t b);

/// The records that no other one dominates, in their order; equal ones are all
/// among them. Records that lack a value are not. Of one objective: the best.
std::vector<std::size_t> front_of(const History& history);

/// The front that each of `records` is on when one front after another is
/// taken away: 0 is the first. (Deb et al. 2002, "fast non-dominated sort".)
std::vector<std::size_t> front_ranks(
    const History& history,
    std::span<const std::size_t> records);

/// The crowding distance of each of `records` among those of its front: the sum
/// over the objectives of the distance between its neighbours, as a share of
/// the front's range; infinite at either end. (Deb et al. 2002.)
std::vector<double> crowding(
    const History& history,
    std::span<const std::size_t> records,
    std::span<const std::size_t> ranks);

}  // namespace zcp::search
