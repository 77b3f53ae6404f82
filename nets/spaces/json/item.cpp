#include "nets/spaces/json/item.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "common/error.h"
#include "common/printable.h"

namespace zcp::spaces::json {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLargestFile = std::size_t{1} << 20;
constexpr int kDeepest = 64;

/// Watches the parser for what it would take without a word: a key that an
/// object has twice, and levels without end.
class Watch {
 public:
  bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    const auto level = static_cast<std::size_t>(depth);
    deepest_ = std::max(deepest_, depth);
    if (depth > kDeepest) return false;
    if (level + 2 > seen_.size()) seen_.resize(level + 2);
    if (event == Json::parse_event_t::object_start) {
      seen_[level + 1].clear();
    } else if (event == Json::parse_event_t::key && twice_.empty()) {
      const auto& key = parsed.get_ref<const std::string&>();
      if (!seen_[level].insert(key).second) twice_ = key;
    }
    return true;
  }

  bool too_deep() const { return deepest_ > kDeepest; }
  const std::string& twice() const { return twice_; }

 private:
  std::vector<std::unordered_set<std::string>> seen_;  // of each depth
  std::string twice_;
  int deepest_ = 0;
};

/// The line of the byte at `position`.
std::ptrdiff_t line_at(std::string_view text, std::size_t position) {
  const std::string_view before =
      text.substr(0, std::min(position, text.size()));
  return std::count(before.begin(), before.end(), '\n') + 1;
}

Json parsed(std::string_view text, const std::string& file) {
  if (text.size() > kLargestFile) {
    throw UserError(
        "{}: found {} bytes, expected a space of at most {}",
        file,
        text.size(),
        kLargestFile);
  }
  Watch watch;
  Json json;
  try {
    json = Json::parse(text, std::ref(watch));
  } catch (const Json::parse_error& error) {
    throw UserError(
        "{}: line {}: found no JSON here, expected an object like {{\"name\": "
        "..., \"operations\": ...}}",
        file,
        line_at(text, error.byte == 0 ? 0 : error.byte - 1));
  } catch (const Json::out_of_range&) {
    throw UserError(
        "{}: found a number that is too large, expected those that a double "
        "holds",
        file);
  }
  if (watch.too_deep()) {
    throw UserError(
        "{}: found more than {} levels of brackets, expected fewer",
        file,
        kDeepest);
  }
  if (!watch.twice().empty()) {
    throw UserError(
        "{}: found the key '{}' twice in an object, expected it once",
        file,
        printable(watch.twice()));
  }
  return json;
}

}  // namespace

Item::Item(
    const Json& value,
    std::shared_ptr<const std::string> file,
    std::string path)
    : value_(&value), file_(std::move(file)), path_(std::move(path)) {}

bool Item::is_text() const {
  return value_->is_string();
}

bool Item::is_number() const {
  return value_->is_number();
}

bool Item::is_list() const {
  return value_->is_array();
}

bool Item::is_object() const {
  return value_->is_object();
}

std::string Item::shown() const {
  constexpr std::size_t kMost = 60;
  if (value_->is_object() && value_->empty()) return "an empty object";
  if (value_->is_array() && value_->empty()) return "an empty list";
  const std::string text =
      value_->dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() <= kMost) return printable(text);
  return printable(text.substr(0, kMost)) + "...";
}

void Item::fail(std::string_view found, std::string_view expected) const {
  throw UserError(
      "{}: {}: found {}, expected {}",
      *file_,
      path_.empty() ? "(top)" : printable(path_),
      found,
      expected);
}

void Item::fail(std::string_view expected) const {
  fail(shown(), expected);
}

std::optional<Item> Item::find(const std::string& key) const {
  if (!is_object()) fail("an object");
  const auto found = value_->find(key);
  if (found == value_->end()) return std::nullopt;
  return Item(*found, file_, path_.empty() ? key : path_ + "." + key);
}

Item Item::at(const std::string& key) const {
  auto found = find(key);
  if (!found) fail(fmt::format("no key '{}'", key), "one");
  return *std::move(found);
}

void Item::require_keys(const std::vector<std::string>& known) const {
  if (!is_object()) fail("an object");
  for (const auto& [key, value] : value_->items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const std::string near = nearest_name(key, known);
    fail(
        fmt::format("the unknown key '{}'", printable(key)),
        near.empty() ? fmt::format("one of {}", fmt::join(known, ", "))
                     : fmt::format("'{}' perhaps", near));
  }
}

std::vector<std::pair<std::string, Item>> Item::members() const {
  if (!is_object()) fail("an object");
  std::vector<std::pair<std::string, Item>> all;
  for (const auto& [key, value] : value_->items()) {
    all.emplace_back(
        key, Item(value, file_, path_.empty() ? key : path_ + "." + key));
  }
  return all;
}

std::vector<Item> Item::elements() const {
  if (!is_list()) fail("a list");
  std::vector<Item> all;
  for (std::size_t i = 0; i < value_->size(); ++i) {
    all.emplace_back((*value_)[i], file_, fmt::format("{}[{}]", path_, i));
  }
  return all;
}

std::string Item::text() const {
  if (!value_->is_string()) fail("a text");
  return value_->get<std::string>();
}

bool Item::boolean() const {
  if (!value_->is_boolean()) fail("true or false");
  return value_->get<bool>();
}

double Item::real() const {
  if (!value_->is_number()) fail("a number");
  return value_->get<double>();
}

std::int64_t Item::integer(std::int64_t low, std::int64_t high) const {
  const std::string expected =
      fmt::format("a whole number from {} to {}", low, high);
  if (!value_->is_number_integer()) fail(expected);
  // A number above those of int64 is read as an unsigned one.
  if (value_->is_number_unsigned() &&
      value_->get<std::uint64_t>() > static_cast<std::uint64_t>(high)) {
    fail(expected);
  }
  const auto number = value_->get<std::int64_t>();
  if (number < low || number > high) fail(expected);
  return number;
}

Document::Document(std::string_view text, const std::string& file)
    : value_(std::make_unique<const Json>(parsed(text, file))),
      file_(std::make_shared<const std::string>(file)) {}

Document::~Document() = default;

Item Document::top() const {
  return {*value_, file_, ""};
}

}  // namespace zcp::spaces::json
