// Whether a word is one of a few.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace zcp {

inline bool one_of(
    std::string_view name,
    std::initializer_list<const char*> names) {
  return std::ranges::any_of(names, [&](const char* n) { return name == n; });
}

}  // namespace zcp
