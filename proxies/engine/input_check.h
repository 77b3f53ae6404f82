// Values that make every score of their minibatch meaningless. No LibTorch in
// this header.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace zcp::engine {

/// Says which of `values`, `samples` rows of equal length, is the first that is
/// not finite: "the images hold NaN (first in image 3, counted from 0)" for
/// `many` "images" and `one` "image". `first_sample` is the number of the first
/// row. None where all are finite.
std::optional<std::string> describe_not_finite(
    std::span<const float> values,
    int samples,
    std::int64_t first_sample,
    const std::string& many,
    const std::string& one);

}  // namespace zcp::engine
