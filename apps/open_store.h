// The store that a call reads what is known from and writes what it finds to.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "analysis/store/score_store.h"

namespace zcp::apps {

/// What a store lists, in the order of its tables.
struct StoreContent {
  std::span<const std::string> columns;   ///< proxies, or measures of trainings
  std::span<const std::string> archs;     ///< of all shards, each once
  std::function<bool(std::size_t)> mine;  ///< whether this shard has the i-th
};

/// Opens or creates it and declares the content. Throws as
/// store::ScoreStore::open().
store::ScoreStore open_store(
    const std::string& path,
    const store::Protocol& protocol,
    const store::Provenance& provenance,
    const StoreContent& content);

}  // namespace zcp::apps
