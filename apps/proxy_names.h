// Names that people give for proxies, composites among them.
#pragma once

#include <string>
#include <vector>

namespace zcp::apps {

/// The items of --proxies, each composite (`az_nas`, `NAME=log_rank(a,b)`)
/// replaced by the proxies that it is made of: a composite is ranks over a
/// pool, which no single network has. A line for each of them is added to
/// `notes`. Throws UserError for an empty item and a composite that is
/// ill-formed.
std::vector<std::string> proxies_asked_for(
    const std::string& list,
    std::vector<std::string>& notes);

}  // namespace zcp::apps
