// What the spaces share: reading specs, drawing edits, checking outputs.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "nets/spaces/space.h"

namespace zcp::spaces {

/// The parts of a text between separators; one part where there is none.
std::vector<std::string_view> split_spec(std::string_view text, char separator);

/// The part of `rest` before the first `end`, or all of it; takes that part and
/// `end` off the front of `rest`.
std::string_view take_part(std::string_view& rest, char end);

/// A whole number without sign; none for anything else and above a billion.
std::optional<int> parse_number(std::string_view text);

/// A uniform integer of [0, bound), by the seed alone.
std::int64_t draw_integer(std::int64_t bound, std::uint64_t seed);

/// The same by the seed and the purpose.
std::int64_t
draw_integer(std::int64_t bound, std::uint64_t seed, std::string_view purpose);

/// Throws UserError when the output is not a logit a class.
void require_classes(std::string_view space, const Output& output);

/// Throws UserError when the skeleton asks for another number of cells a stage
/// or for BatchNorms without scale and shift, neither of which `space` has.
void require_cells_as_published(
    std::string_view space,
    const Skeleton& skeleton);

/// Throws UserError when the skeleton asks for other channels or another number
/// of cells, which a spec of `space` fixes.
void require_size_by_spec(std::string_view space, const Skeleton& skeleton);

/// The same also when it asks for BatchNorms without scale and shift.
void require_all_by_spec(std::string_view space, const Skeleton& skeleton);

/// Throws UserError when the output is not features of each token.
void require_tokens(std::string_view space, const Output& output);

/// Throws UserError when the input is not `least` x `least` pixels or more.
void require_size(std::string_view space, const Shape& input, int least);

}  // namespace zcp::spaces
