// What JSON has no word for.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>

namespace zcp {

/// The number, or null where it is NaN or infinite, which JSON does not have.
inline nlohmann::ordered_json number_or_null(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value)
                              : nlohmann::ordered_json(nullptr);
}

}  // namespace zcp
