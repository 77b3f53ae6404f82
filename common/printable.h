// Text of others, such as names in files, made safe to show.
#pragma once

#include <string>
#include <string_view>

namespace zcp {

/// What may a text that is shown hold besides what is visible.
enum class Lines {
  one,      ///< nothing: line feeds are escaped too
  several,  ///< line feeds
};

/// The text with everything escaped that a terminal or a browser obeys instead
/// of showing it: control characters (`\x1b`, C1 as `\u009b`), characters that
/// are invisible or change the direction of writing (`\u202e`), and bytes that
/// are no UTF-8 (`\xff`). All other text stays as it is.
std::string printable(std::string_view text, Lines lines = Lines::one);

}  // namespace zcp
