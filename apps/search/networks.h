// Where a search that runs networks takes place. No LibTorch in this header.
#pragma once

#include "apps/command.h"
#include "apps/search/options.h"

namespace zcp::apps {

/// Searches in this program, or in the one that has LibTorch where objectives
/// are proxies and this one has not. Each program defines it. Throws UserError
/// where no program can run networks.
int search_somewhere(const Arguments& arguments, const SearchOptions& options);

/// run_search() with proxies; of the program with LibTorch.
int search_networks(const SearchOptions& options);

}  // namespace zcp::apps
