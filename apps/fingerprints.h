// Hashes and costs of a call's architectures: by them work is shared between
// equal functions, spread over shards and put in order.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "apps/graph_cache.h"
#include "proxies/engine/schedule.h"

namespace zcp::apps {

/// Of members of a space. The hashes of the as-declared graphs are 0 unless
/// `declared`. Throws as spaces::Space::build().
std::vector<engine::Fingerprint> fingerprint_graphs(
    std::span<const std::string> specs,
    GraphCache& graphs,
    bool declared,
    int workers);

/// By names alone, without MACs: each architecture counts as a function of its
/// own.
std::vector<engine::Fingerprint> fingerprint_names(
    std::span<const std::string> names);

}  // namespace zcp::apps
