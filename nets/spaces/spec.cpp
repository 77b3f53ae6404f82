#include "nets/spaces/spec.h"

#include <charconv>

#include "common/error.h"
#include "common/random.h"

namespace zcp::spaces {

std::vector<std::string_view> split_spec(
    std::string_view text,
    char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<int> parse_number(std::string_view text) {
  constexpr int kLargest = 1'000'000'000;
  int number = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  if (number < 0 || number > kLargest) return std::nullopt;
  return number;
}

std::int64_t
draw_integer(std::int64_t bound, std::uint64_t seed, std::string_view purpose) {
  std::int64_t drawn = 0;
  fill_integers(std::span(&drawn, 1), bound, derive_seed(seed, purpose));
  return drawn;
}

void require_classes(std::string_view space, const Output& output) {
  if (output.head == Head::classes) return;
  throw UserError(
      "{}: its networks classify; expected a task of images with a class each",
      space);
}

void require_cells_as_published(
    std::string_view space,
    const Skeleton& skeleton) {
  if (skeleton.cells_per_stage > 0) {
    throw UserError(
        "{}: the spec says how deep a network is, not --cells", space);
  }
  if (!skeleton.affine) {
    throw UserError("{}: its BatchNorms have scale and shift", space);
  }
}

void require_size(std::string_view space, const Shape& input, int least) {
  if (input.height >= least && input.width >= least) return;
  throw UserError(
      "{}: an input of {}x{}x{}, expected {}x{} pixels or more",
      space,
      input.channels,
      input.height,
      input.width,
      least,
      least);
}

}  // namespace zcp::spaces
