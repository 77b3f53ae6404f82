// A piece of a JSON file that knows where it stands, so that what is wrong with
// it can be said in one line.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zcp::spaces::json {

/// A value inside a document. It refers to the document, which must outlive it.
class Item {
 public:
  Item(
      const nlohmann::ordered_json& value,
      std::shared_ptr<const std::string> file,
      std::string path);

  /// Where it stands: "stages[0].channels"; "(top)" for the whole document.
  const std::string& path() const { return path_; }
  const std::string& file() const { return *file_; }

  bool is_text() const;
  bool is_number() const;
  bool is_list() const;
  bool is_object() const;

  /// Throws UserError: FILE: PATH: found FOUND, expected EXPECTED.
  [[noreturn]] void fail(std::string_view found, std::string_view expected)
      const;

  /// Throws UserError that shows the item itself, cut where it is long.
  [[noreturn]] void fail(std::string_view expected) const;

  /// The member of that name. Throws UserError when this is no object or has
  /// no such member.
  Item at(const std::string& key) const;
  std::optional<Item> find(const std::string& key) const;

  /// Throws UserError unless this is an object all of whose keys are known; the
  /// text names the nearest one.
  void require_keys(const std::vector<std::string>& known) const;

  /// Those of an object, in the order of the file.
  std::vector<std::pair<std::string, Item>> members() const;
  /// Those of a list.
  std::vector<Item> elements() const;

  std::string text() const;
  bool boolean() const;
  double real() const;
  /// A whole number of [low, high].
  std::int64_t integer(std::int64_t low, std::int64_t high) const;

 private:
  /// The value for an error, at most a few words of it.
  std::string shown() const;

  const nlohmann::ordered_json* value_;
  std::shared_ptr<const std::string> file_;
  std::string path_;
};

/// A document, and the name of its file for errors.
/// Throws UserError for text that is no JSON, with the line; for a key that
/// stands twice in an object; for more than 1 MiB; and for more than 64 levels.
class Document {
 public:
  Document(std::string_view text, const std::string& file);
  ~Document();
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  Item top() const;
  const nlohmann::ordered_json& value() const { return *value_; }

 private:
  std::unique_ptr<const nlohmann::ordered_json> value_;
  std::shared_ptr<const std::string> file_;
};

}  // namespace zcp::spaces::json
