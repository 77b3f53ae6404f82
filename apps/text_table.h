// Tables on a terminal.
#pragma once

#include <string>
#include <vector>

#include "analysis/statistics/bootstrap.h"

namespace zcp::apps {

/// ".612", "-.036", "1.000"; "-" where there is no number.
std::string short_number(double value);

/// The same with another number of decimals: ".61", "-.04", "1.00".
std::string fixed_number(double value, int decimals);

/// ".612 [.583, .640]", without brackets where there is no interval.
std::string with_interval(double value, const statistics::Interval& interval);

/// Six significant digits: "12345.6", "0.00123", "1.2e+08"; "-" where there is
/// no number.
std::string plain_number(double value);

/// Likewise with four significant digits.
std::string brief_number(double value);

/// The fields of a line.
using Cells = std::vector<std::string>;

/// Prints lines of equally many fields, as printable() shows them, the columns
/// padded to one width behind an indent; the first `names` columns are set to
/// the left, the others to the right.
void print_aligned(
    const std::vector<Cells>& lines,
    std::size_t names = 1,
    std::size_t indent = 2);

/// Prints words after an indent, with line breaks before column 100.
void print_wrapped(const std::string& text, std::size_t indent);

}  // namespace zcp::apps
