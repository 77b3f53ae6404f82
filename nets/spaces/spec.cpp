#include "nets/spaces/spec.h"

#include <algorithm>
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

std::string_view take_part(std::string_view& rest, char end) {
  const std::size_t length = std::min(rest.find(end), rest.size());
  const std::string_view part = rest.substr(0, length);
  rest.remove_prefix(std::min(length + 1, rest.size()));
  return part;
}

std::optional<int> parse_number(std::string_view text) {
  // from_chars takes "-0".
  if (text.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  constexpr int kLargest = 1'000'000'000;
  int number = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  if (number > kLargest) return std::nullopt;
  return number;
}

std::int64_t draw_integer(std::int64_t bound, std::uint64_t seed) {
  std::int64_t drawn = 0;
  fill_integers(std::span(&drawn, 1), bound, seed);
  return drawn;
}

std::int64_t
draw_integer(std::int64_t bound, std::uint64_t seed, std::string_view purpose) {
  return draw_integer(bound, derive_seed(seed, purpose));
}

void require_classes(std::string_view space, const Output& output) {
  if (output.head == Head::classes) return;
  throw UserError(
      "{}: its networks classify; expected a task of images with a class each",
      space);
}

void require_tokens(std::string_view space, const Output& output) {
  if (output.head == Head::tokens) return;
  throw UserError("{}: its networks read text, expected --task tokens", space);
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

namespace {

[[noreturn]] void fail_size_by_spec(std::string_view space) {
  throw UserError(
      "{}: the spec says how wide and deep a network is, not --channels and "
      "--cells",
      space);
}

}  // namespace

void require_size_by_spec(std::string_view space, const Skeleton& skeleton) {
  if (skeleton.channels > 0 || skeleton.cells_per_stage > 0) {
    fail_size_by_spec(space);
  }
}

void require_all_by_spec(std::string_view space, const Skeleton& skeleton) {
  require_size_by_spec(space, skeleton);
  if (!skeleton.affine) fail_size_by_spec(space);
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
