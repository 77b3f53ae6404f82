#include "analysis/report/packing.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <unordered_map>

namespace zcp::report {
namespace {

using nlohmann::ordered_json;
using Bytes = std::vector<std::uint8_t>;

void append(Bytes& bytes, std::uint64_t value, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
}

std::string pack_doubles(std::span<const double> values) {
  Bytes bytes;
  bytes.reserve(values.size() * 8);
  for (const double value : values) {
    append(bytes, std::bit_cast<std::uint64_t>(value), 8);
  }
  return base64(bytes);
}

std::string pack_integers(
    std::span<const std::uint32_t> values,
    std::size_t width) {
  Bytes bytes;
  bytes.reserve(values.size() * width);
  for (const std::uint32_t value : values) append(bytes, value, width);
  return base64(bytes);
}

/// Bytes that every number up to `largest` fits into.
std::size_t width_of(std::size_t largest) {
  if (largest <= 0xFF) return 1;
  return largest <= 0xFFFF ? 2 : 4;
}

std::vector<double> distinct(std::span<const double> values) {
  std::vector<double> levels;
  for (const double value : values) {
    if (!std::isnan(value)) levels.push_back(value == 0 ? 0.0 : value);
  }
  std::ranges::sort(levels);
  levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
  return levels;
}

/// Words of one string; together they are the string.
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = text.find_first_of("|,;()[] \t");
    const std::size_t length =
        end == std::string_view::npos ? text.size() : end + 1;
    words.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return words;
}

}  // namespace

std::string base64(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8 | (i < count ? bytes[at + i] : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      text += i <= count ? kDigits[group >> (18 - 6 * i) & 63] : '=';
    }
  }
  return text;
}

ordered_json pack_numbers(std::span<const double> values) {
  const std::vector<double> levels = distinct(values);
  const std::size_t width = width_of(levels.size());
  ordered_json packed;
  if (levels.size() * 8 + values.size() * width >= values.size() * 8) {
    packed["values"] = pack_doubles(values);
    return packed;
  }
  std::vector<std::uint32_t> index;
  index.reserve(values.size());
  for (const double value : values) {
    const auto found = std::ranges::lower_bound(levels, value);
    index.push_back(
        std::isnan(value)
            ? 0
            : static_cast<std::uint32_t>(found - levels.begin()) + 1);
  }
  packed["levels"] = pack_doubles(levels);
  packed["index"] = pack_integers(index, width);
  return packed;
}

ordered_json pack_strings(std::span<const std::string> strings) {
  std::unordered_map<std::string_view, std::uint32_t> known;
  ordered_json words = ordered_json::array();
  std::vector<std::uint32_t> lengths;
  std::vector<std::uint32_t> index;
  for (const std::string& text : strings) {
    const std::vector<std::string_view> parts = words_of(text);
    lengths.push_back(static_cast<std::uint32_t>(parts.size()));
    for (const std::string_view part : parts) {
      const auto [place, added] =
          known.emplace(part, static_cast<std::uint32_t>(known.size()));
      if (added) words.push_back(part);
      index.push_back(place->second);
    }
  }
  const std::size_t longest =
      lengths.empty() ? 0 : *std::ranges::max_element(lengths);
  ordered_json packed;
  packed["count"] = strings.size();
  packed["words"] = std::move(words);
  packed["lengths_bytes"] = width_of(longest);
  packed["lengths"] = pack_integers(lengths, width_of(longest));
  packed["index_bytes"] = width_of(known.size());
  packed["index"] = pack_integers(index, width_of(known.size()));
  return packed;
}

}  // namespace zcp::report
