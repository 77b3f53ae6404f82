// Errors as the user meets them.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace zcp {

/// A mistake the user can mend (wrong option, file, line, spec). The program
/// prints the text as one line and exits with status 2; every other exception
/// exits with status 1. The text names what was found and what was expected.
class UserError : public std::runtime_error {
 public:
  explicit UserError(const std::string& text);

  template <typename... Args>
  explicit UserError(fmt::format_string<Args...> text, Args&&... args)
      : UserError(fmt::format(text, std::forward<Args>(args)...)) {}
};

/// The name among `known` that takes the fewest edits (Levenshtein's distance)
/// to become `wanted`, for "did you mean". Empty when every one takes more than
/// a third of the length of `wanted` and one.
std::string nearest_name(
    const std::string& wanted,
    const std::vector<std::string>& known);

}  // namespace zcp
