#pragma once

#include <string_view>

namespace zcp::apps {

/// The project's version, as CMakeLists.txt says it.
std::string_view version();

}  // namespace zcp::apps
