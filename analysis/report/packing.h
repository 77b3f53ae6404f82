// Columns and spec strings as short text that a page can unpack exactly.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

namespace zcp::report {

/// RFC 4648 with padding.
std::string base64(std::span<const std::uint8_t> bytes);

/// A column, every bit of every number kept; binary parts are little-endian
/// and in base64. Whichever is shorter:
///
/// - {"levels": L, "index": I}: L the distinct numbers as float64, ascending;
///   I a number a row, 0 for NaN, else 1 + the position in L, as uint8 where
///   L has at most 255 numbers, uint16 up to 65,535, else uint32;
/// - {"values": V}: V the numbers as float64.
///
/// Negative zero is kept as zero: it is equal, so it is no other level.
nlohmann::ordered_json pack_numbers(std::span<const double> values);

/// Strings as words of a dictionary: {"words": [...], "lengths": N, "index":
/// I}, where string i is the next N[i] words of I. Both are little-endian
/// unsigned integers of the width "lengths_bytes", "index_bytes" in base64. A
/// word ends behind any of |,;()[] and blanks.
nlohmann::ordered_json pack_strings(std::span<const std::string> strings);

}  // namespace zcp::report
