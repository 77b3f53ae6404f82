// The search that a store was made by, for pages of it.
#pragma once

#include <string>

#include "apps/command.h"

namespace zcp::apps {

/// The arguments of the last `zcp search` that wrote into a store, without what
/// it wrote elsewhere, such that they read this store. Throws UserError where
/// there is none, as store::ScoreStore::read().
Arguments stored_search(const std::string& store);

}  // namespace zcp::apps
