#include "benchmarks/formats/numpy_header.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "common/error.h"

namespace zcp::formats {
namespace {

constexpr std::size_t kDimensions = 32;  // NumPy's own limit

/// Reads the header, a Python literal such as
/// {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, const std::string& source)
      : text_(text), source_(source) {}

  NumpyHeader read() {
    expect('{');
    unsigned seen = 0;
    while (!accept('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr") {
        seen |= 1U;
        if (next() == '[') refuse("a record type", "an array of numbers");
        header_.type = quoted();
      } else if (key == "fortran_order") {
        seen |= 2U;
        header_.fortran = truth_value();
      } else if (key == "shape") {
        seen |= 4U;
        read_shape();
      } else {
        refuse("the key '" + key + "'", "descr, fortran_order and shape");
      }
      if (!accept(',') && next() != '}') refuse_here("',' or '}'");
    }
    if (seen != 7U) refuse_here("descr, fortran_order and shape");
    return std::move(header_);
  }

 private:
  [[noreturn]] void refuse(
      const std::string& found,
      const std::string& expected) const {
    throw UserError(
        "{}: header: found {}, expected {}", source_, found, expected);
  }

  [[noreturn]] void refuse_here(const std::string& expected) const {
    refuse(
        at_ < text_.size()
            ? fmt::format("'{}' at {}", text_.substr(at_, 1), at_)
            : std::string("its end"),
        expected);
  }

  /// The next character that is no space; 0 at the end.
  char next() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  bool accept(char c) {
    if (next() != c) return false;
    ++at_;
    return true;
  }

  void expect(char c) {
    if (!accept(c)) refuse_here(fmt::format("'{}'", c));
  }

  std::string quoted() {
    const char quote = next();
    if (quote != '\'' && quote != '"') refuse_here("a quoted name");
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) refuse_here("a quoted name");
    std::string name(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return name;
  }

  bool truth_value() {
    next();
    for (const bool value : {true, false}) {
      const std::string_view word = value ? "True" : "False";
      if (!text_.substr(at_).starts_with(word)) continue;
      at_ += word.size();
      return value;
    }
    refuse_here("True or False");
  }

  void read_shape() {
    expect('(');
    while (!accept(')')) {
      next();
      std::int64_t size = 0;
      const auto* const end = text_.data() + text_.size();
      const auto result = std::from_chars(text_.data() + at_, end, size);
      if (result.ec != std::errc() || size < 0) refuse_here("a size");
      if (header_.shape.size() == kDimensions) refuse_here("at most 32 sizes");
      header_.shape.push_back(size);
      at_ = static_cast<std::size_t>(result.ptr - text_.data());
      if (!accept(',') && next() != ')') refuse_here("',' or ')'");
    }
  }

  std::string_view text_;
  const std::string& source_;
  std::size_t at_ = 0;
  NumpyHeader header_;
};

}  // namespace

NumpyHeader parse_numpy_header(
    std::string_view text,
    const std::string& source) {
  return HeaderReader(text, source).read();
}

}  // namespace zcp::formats
