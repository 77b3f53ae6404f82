// What the terminal, if there is one, can show.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace zcp::apps {

/// Columns for text on standard output: those of $COLUMNS where that is a
/// number, else the terminal's, else 80; never fewer than 40 or more than 100,
/// which are hard to read.
std::size_t terminal_width();

/// Whether standard output is a terminal that shows colours: $NO_COLOR is
/// unset or empty (https://no-color.org) and $TERM is not `dumb`.
bool has_colours();

/// How a terminal is to show text.
enum class Style { bold, good };

/// The text between the sequences that switch the style on and off.
std::string in_style(std::string_view text, Style style);

/// How long the sequence is that `text` begins with, if it is one of those that
/// in_style() writes; else 0.
std::size_t style_length(std::string_view text);

/// Words in lines of at most `width` columns. The first line stands behind
/// `first`, the others behind `rest`. A word that is longer has a line of its
/// own.
std::string wrapped(
    std::string_view text,
    std::size_t width,
    std::string_view first = {},
    std::string_view rest = {});

}  // namespace zcp::apps
