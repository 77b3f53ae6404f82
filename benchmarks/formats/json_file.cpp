#include "benchmarks/formats/json_file.h"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <vector>

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

/// Finds a key that an object has twice, of which the parser would keep the
/// last without a word.
class Keys {
 public:
  bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    const auto level = static_cast<std::size_t>(depth);
    if (level + 2 > seen_.size()) seen_.resize(level + 2);
    if (event == Json::parse_event_t::object_start) {
      seen_[level + 1].clear();
    } else if (event == Json::parse_event_t::key && twice_.empty()) {
      const auto& key = parsed.get_ref<const std::string&>();
      if (!seen_[level].insert(key).second) twice_ = key;
    }
    return true;
  }

  const std::string& twice() const { return twice_; }

 private:
  std::vector<std::unordered_set<std::string>> seen_;  // of each depth
  std::string twice_;
};

/// A document of that kind, an object or a list, that is not empty.
Json parse_kind(
    std::string_view text,
    const std::string& source,
    Json::value_t kind,
    const char* expected) {
  Keys keys;
  Json json = Json::parse(as_json(text), std::ref(keys), false);
  if (json.type() != kind || json.empty()) {
    throw UserError(
        "{}: found {}, expected {} with entries",
        source,
        json.is_discarded() ? "no JSON (a cut file?)"
                            : std::string(json.type_name()),
        expected);
  }
  if (keys.twice().empty()) return json;
  throw UserError(
      "{}: found the key '{}' twice in an object, expected it once",
      source,
      keys.twice());
}

}  // namespace

Json parse_json(std::string_view text, const std::string& source) {
  return parse_kind(text, source, Json::value_t::object, "an object");
}

Json parse_json_list(std::string_view text, const std::string& source) {
  return parse_kind(text, source, Json::value_t::array, "a list");
}

Json read_json_list(const std::filesystem::path& path) {
  return parse_json_list(read_bytes(path), path.string());
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
