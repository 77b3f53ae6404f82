#include "proxies/engine/input_check.h"

#include <algorithm>
#include <cmath>

namespace zcp::engine {

std::optional<std::string> describe_not_finite(
    std::span<const float> values,
    int samples,
    std::int64_t first_sample,
    const std::string& many,
    const std::string& one) {
  const auto found = std::ranges::find_if(
      values, [](float value) { return !std::isfinite(value); });
  if (found == values.end()) return std::nullopt;
  const std::int64_t length = std::ssize(values) / samples;
  const std::int64_t sample = first_sample + (found - values.begin()) / length;
  return "the " + many + " hold " +
         (std::isnan(*found) ? "NaN" : "an infinite value") + " (first in " +
         one + " " + std::to_string(sample) + ", counted from 0)";
}

}  // namespace zcp::engine
