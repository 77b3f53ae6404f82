// A search of several islands: searches that know nothing of each other, each
// with its part of the evaluations, whose results are united.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "apps/search/evaluate.h"
#include "apps/search/run.h"

namespace zcp::apps {

/// The islands of this call, in order: all, or those of its shard.
std::vector<std::size_t> islands_of(const SearchOptions& options);

/// Searches this call's islands one after another, and gives what they found
/// together: its objectives and its front are those of all their architectures.
/// An interrupt ends it after the island at work.
SearchResult search_islands(
    const SearchOptions& options,
    const SearchData& data,
    const std::string& algorithm,
    std::span<const ScoredColumns> scored);

}  // namespace zcp::apps
