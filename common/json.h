// What JSON has no word for, and its text.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

namespace zcp {

/// The number, or null where it is NaN or infinite, which JSON does not have.
inline nlohmann::ordered_json number_or_null(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value)
                              : nlohmann::ordered_json(nullptr);
}

/// The text of a value, two spaces a level. All but ASCII is escaped, which
/// parsers undo and terminals do not obey; what is no UTF-8 is replaced.
inline std::string json_text(const nlohmann::ordered_json& value) {
  using Handler = nlohmann::ordered_json::error_handler_t;
  return value.dump(2, ' ', true, Handler::replace);
}

}  // namespace zcp
