// A call of the program as text, for the record.
#pragma once

#include <string>
#include <string_view>

#include "apps/command.h"

namespace zcp::apps {

/// A call as typed, each argument quoted where a shell needs it.
std::string command_line(std::string_view command, const Arguments& arguments);

}  // namespace zcp::apps
