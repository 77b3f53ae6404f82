// What the program says of itself in a store.
#pragma once

#include <string>

#include "analysis/store/protocol.h"

namespace zcp::apps {

/// This call on this machine. Needs LibTorch.
store::Provenance this_run(const std::string& command_line, int workers);

}  // namespace zcp::apps
