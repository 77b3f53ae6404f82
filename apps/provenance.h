// What the program says of itself in a store.
#pragma once

#include <string>
#include <string_view>

#include "analysis/store/protocol.h"
#include "apps/command.h"

namespace zcp::apps {

/// A call as typed, each argument quoted where a shell needs it.
std::string command_line(std::string_view command, const Arguments& arguments);

/// This call on this machine. Needs LibTorch.
store::Provenance this_run(const std::string& command_line, int workers);

}  // namespace zcp::apps
