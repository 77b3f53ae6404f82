// What is said of a file whose content is not what its format asks for.
#pragma once

#include <string>

#include "common/error.h"

namespace zcp {

/// Throws UserError: "PLACE: found FOUND, expected EXPECTED".
[[noreturn]] inline void refuse(
    const std::string& place,
    const std::string& found,
    const std::string& expected) {
  throw UserError("{}: found {}, expected {}", place, found, expected);
}

}  // namespace zcp
