// A call of the program as text, for the record.
#pragma once

#include <string>
#include <string_view>

#include "apps/command.h"

namespace zcp::apps {

/// A word as a shell reads it, quoted where that needs it.
std::string shell_word(const std::string& word);

/// A call as typed, each argument quoted where a shell needs it.
std::string command_line(std::string_view command, const Arguments& arguments);

/// The words that shell_word() wrote, separated by blanks.
Arguments shell_words(std::string_view line);

}  // namespace zcp::apps
