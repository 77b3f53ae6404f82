#include "common/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace zcp {
namespace {

using CodePoint = std::uint32_t;

/// First and last of ranges that are obeyed or not seen: C0, C1, soft hyphen,
/// marks, embeddings and isolates of direction, separators of lines, signs
/// without width, annotations, tags.
constexpr std::array<std::pair<CodePoint, CodePoint>, 12> kHidden{{
    {0x00, 0x1f},
    {0x7f, 0x9f},
    {0xad, 0xad},
    {0x61c, 0x61c},
    {0x180e, 0x180e},
    {0x200b, 0x200f},
    {0x2028, 0x202e},
    {0x2060, 0x206f},
    {0xfeff, 0xfeff},
    {0xfff9, 0xfffb},
    {0xd800, 0xdfff},
    {0xe0000, 0xe007f},
}};

bool is_hidden(CodePoint point) {
  return std::ranges::any_of(kHidden, [&](const auto& range) {
    return point >= range.first && point <= range.second;
  });
}

/// A character and its bytes; none of either where the text is no UTF-8.
struct Decoded {
  CodePoint point = 0;
  std::size_t size = 0;
};

Decoded decode(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return {};
  CodePoint point = lead & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return {};
    point = point << 6U | (byte(i) & 0x3fU);
  }
  constexpr std::array<CodePoint, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  if (point < kLeast[size] || point > 0x10ffff) return {};
  return {point, size};
}

std::string escaped(CodePoint point) {
  switch (point) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      break;
  }
  if (point < 0x80) return fmt::format("\\x{:02x}", point);
  return point > 0xffff ? fmt::format("\\U{:08x}", point)
                        : fmt::format("\\u{:04x}", point);
}

}  // namespace

std::string printable(std::string_view text, Lines lines) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const auto [point, size] = decode(text);
    if (size == 0) {
      shown +=
          fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
    } else if (point == '\n' && lines == Lines::several) {
      shown += '\n';
    } else if (is_hidden(point)) {
      shown += escaped(point);
    } else {
      shown += text.substr(0, size);
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return shown;
}

}  // namespace zcp
