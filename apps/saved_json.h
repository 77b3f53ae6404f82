// JSON that somebody kept in a file, read with suspicion.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "common/error.h"

namespace zcp::apps {

/// The value of a text. Throws nlohmann::json::exception for what is no JSON,
/// and UserError for lists within lists within ... beyond all that the program
/// writes: what walks through a value calls itself for each of them.
inline nlohmann::ordered_json parse_saved_json(std::string_view text) {
  using nlohmann::ordered_json;
  static constexpr int kDeepest = 16;
  const auto check = [](int depth, ordered_json::parse_event_t, ordered_json&) {
    if (depth > kDeepest) {
      throw UserError(
          "lists or objects of {} levels: expected {} at most",
          depth,
          kDeepest);
    }
    return true;
  };
  return ordered_json::parse(text, check);
}

/// The whole number of that name. Throws UserError where it is another value or
/// beyond the limits, nlohmann::json::exception where there is none.
template <typename Number>
Number whole_number_in(
    const nlohmann::ordered_json& object,
    const char* name,
    Number least = std::numeric_limits<Number>::min(),
    Number most = std::numeric_limits<Number>::max()) {
  const auto& value = object.at(name);
  const auto wrong = [&] {
    return UserError(
        "{}: found {}, expected {} to {}",
        name,
        value.is_number() ? value.dump() : std::string("no number"),
        least,
        most);
  };
  if (!value.is_number_integer()) throw wrong();
  bool within = false;
  if (value.is_number_unsigned()) {
    const auto number = value.template get<std::uint64_t>();
    within =
        std::cmp_less_equal(least, number) && std::cmp_less_equal(number, most);
  } else {
    const auto number = value.template get<std::int64_t>();
    within =
        std::cmp_less_equal(least, number) && std::cmp_less_equal(number, most);
  }
  if (!within) throw wrong();
  return value.template get<Number>();
}

}  // namespace zcp::apps
