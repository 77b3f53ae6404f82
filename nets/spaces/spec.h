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

/// A whole number without sign; none for anything else and above a billion.
std::optional<int> parse_number(std::string_view text);

/// A uniform integer of [0, bound), by the seed and the purpose alone.
std::int64_t
draw_integer(std::int64_t bound, std::uint64_t seed, std::string_view purpose);

/// Throws UserError when the output is not a logit a class.
void require_classes(std::string_view space, const Output& output);

/// Throws UserError when a skeleton is asked to change what `space` has no
/// word for: number of cells a stage, or BatchNorm without scale and shift.
void require_cells_as_published(
    std::string_view space,
    const Skeleton& skeleton);

/// Throws UserError when the input is not `least` x `least` pixels or more.
void require_size(std::string_view space, const Shape& input, int least);

}  // namespace zcp::spaces
