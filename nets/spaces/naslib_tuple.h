// NASLib's tuples: architectures as numbers in brackets, which is how its
// files, NAS-Bench-Suite-Zero's among them, name them
// (https://github.com/automl/NASLib, naslib/search_spaces/*/conversions.py).
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace zcp::spaces {

/// Whether a spec is meant as a tuple: it begins with a bracket, ( or [.
bool is_naslib_tuple(std::string_view spec);

/// Reads a tuple from left to right. Lists in square brackets are read as
/// tuples are, and blanks between the parts are skipped. What is not as asked
/// is a UserError that names the spec, what was found and `expected`, a phrase
/// such as "NASLib's six operations"; both texts must outlive the reader.
class NaslibTupleReader {
 public:
  NaslibTupleReader(std::string_view spec, std::string_view expected)
      : spec_(spec), rest_(spec), expected_(expected) {}

  /// An opening bracket.
  void open();

  /// The bracket that closes the innermost one that is open.
  void close();

  void comma();

  /// A comma where there is one.
  bool accept_comma();

  /// A whole number from 0 to `most`.
  int number(int most);

  /// Nothing more.
  void end();

 private:
  void skip_blanks();
  char take(std::string_view choices);
  [[noreturn]] void fail(std::string_view found) const;

  std::string_view spec_;
  std::string_view rest_;
  std::string_view expected_;
  std::vector<char> open_;  // the brackets that close those that are open
};

/// The numbers of a tuple without tuples in it, each from 0 to `most`. Throws
/// UserError as the reader does.
std::vector<int>
naslib_numbers(std::string_view spec, int most, std::string_view expected);

/// The same where there have to be `count` of them; another number is a
/// UserError, too.
std::vector<int> naslib_numbers(
    std::string_view spec,
    std::size_t count,
    int most,
    std::string_view expected);

}  // namespace zcp::spaces
