#include "benchmarks/formats/json_file.h"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>

#include "benchmarks/formats/files.h"
#include "common/error.h"

namespace zcp::formats {
namespace {

using Json = nlohmann::json;

/// What Python writes and JSON does not have, and what stands for it.
struct PythonNumber {
  std::string_view text;
  std::string_view json;
};
constexpr std::array<PythonNumber, 3> kNumbers = {{
    {"NaN", "null"},
    {"-Infinity", "\"-Infinity\""},
    {"Infinity", "\"Infinity\""},
}};

/// The text with null in place of NaN and strings in place of infinities.
std::string as_json(std::string_view text) {
  std::string json;
  bool quoted = false;
  while (!text.empty()) {
    if (!quoted) {
      for (const PythonNumber& number : kNumbers) {
        if (!text.starts_with(number.text)) continue;
        json += number.json;
        text.remove_prefix(number.text.size());
        break;
      }
      if (text.empty()) break;
    }
    const std::size_t length = quoted && text[0] == '\\' ? 2 : 1;
    if (text[0] == '"') quoted = !quoted;
    json += text.substr(0, length);
    text.remove_prefix(std::min(length, text.size()));
  }
  return json;
}

}  // namespace

Json parse_json(std::string_view text, const std::string& source) {
  Json json = Json::parse(as_json(text), nullptr, false);
  if (json.is_object() && !json.empty()) return json;
  throw UserError(
      "{}: found {}, expected an object with entries",
      source,
      json.is_discarded() ? "no JSON (a cut file?)"
                          : std::string(json.type_name()));
}

Json read_json(const std::filesystem::path& path) {
  return parse_json(read_bytes(path), path.string());
}

const Json&
json_member(const Json& json, const char* name, const std::string& place) {
  if (json.is_object()) {
    const auto found = json.find(name);
    if (found != json.end()) return *found;
  }
  throw UserError("{}: found no '{}', expected one", place, name);
}

double json_number(const Json& json, const std::string& place) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (json.is_null()) return std::numeric_limits<double>::quiet_NaN();
  if (json.is_number()) return json.get<double>();
  if (json == "Infinity") return kInfinity;
  if (json == "-Infinity") return -kInfinity;
  throw UserError("{}: found {}, expected a number", place, json.type_name());
}

}  // namespace zcp::formats
