#include "benchmarks/formats/numpy_file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <type_traits>
#include <utility>

#include "common/error.h"

namespace zcp::formats {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kDimensions = 32;  // NumPy's own limit

/// IEEE 754 binary16.
struct Half {
  std::uint16_t bits;

  explicit operator double() const {
    const int exponent = bits >> 10U & 31U;
    const int fraction = bits & 1023U;
    const double sign = (bits & 0x8000U) != 0 ? -1.0 : 1.0;
    if (exponent == 31) return sign * (fraction == 0 ? INFINITY : NAN);
    if (exponent == 0) return sign * std::ldexp(fraction, -24);
    return sign * std::ldexp(1024 + fraction, exponent - 25);
  }
};

/// Reads the header, a Python literal such as
/// {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, const std::string& source)
      : text_(text), source_(source) {}

  std::string type;
  bool fortran = false;
  std::vector<std::int64_t> shape;

  void read() {
    expect('{');
    unsigned seen = 0;
    while (!accept('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr") {
        seen |= 1U;
        if (next() == '[') refuse("a record type", "an array of numbers");
        type = quoted();
      } else if (key == "fortran_order") {
        seen |= 2U;
        fortran = truth_value();
      } else if (key == "shape") {
        seen |= 4U;
        read_shape();
      } else {
        refuse("the key '" + key + "'", "descr, fortran_order and shape");
      }
      if (!accept(',') && next() != '}') refuse_here("',' or '}'");
    }
    if (seen != 7U) refuse_here("descr, fortran_order and shape");
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
      if (shape.size() == kDimensions) refuse_here("at most 32 sizes");
      shape.push_back(size);
      at_ = static_cast<std::size_t>(result.ptr - text_.data());
      if (!accept(',') && next() != ')') refuse_here("',' or ')'");
    }
  }

  std::string_view text_;
  const std::string& source_;
  std::size_t at_ = 0;
};

/// "f4" of "<f4"; throws for a type that is no number of this byte order.
std::string plain_type(const std::string& descr, const std::string& source) {
  constexpr std::array<std::string_view, 12> kTypes = {
      "f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"};
  const std::string_view type = std::string_view(descr).substr(
      !descr.empty() && (descr[0] == '<' || descr[0] == '|') ? 1 : 0);
  if (std::ranges::find(kTypes, type) != kTypes.end()) return std::string(type);
  throw UserError(
      "{}: found an array of type '{}', expected little-endian numbers such "
      "as '<f4' (numpy.save(file, x.astype('<f4')))",
      source,
      descr);
}

}  // namespace

NumpyFile::NumpyFile(std::string bytes, std::string source)
    : bytes_(std::move(bytes)), source_(std::move(source)) {
  const std::string_view all = bytes_;
  if (!all.starts_with(kMagic) || all.size() < 10) {
    throw UserError(
        "{}: found no array of numpy.save, expected one (a cut file?)",
        source_);
  }
  const auto byte = [&](std::size_t at) -> std::size_t {
    return static_cast<unsigned char>(all[at]);
  };
  const std::size_t version = byte(6);
  if (version < 1 || version > 3) {
    throw UserError(
        "{}: found format version {}, expected 1 to 3", source_, version);
  }
  const std::size_t begin = version == 1 ? 10 : 12;
  std::size_t length = byte(8) | byte(9) << 8U;
  if (version > 1 && all.size() >= begin) {
    length |= byte(10) << 16U | byte(11) << 24U;
  }
  if (all.size() < begin || all.size() - begin < length) {
    throw UserError(
        "{}: found {} bytes, expected a header of {} (a cut file?)",
        source_,
        all.size(),
        length);
  }
  std::string_view header = all.substr(begin, length);
  while (header.ends_with('\n') || header.ends_with(' ')) {
    header.remove_suffix(1);
  }
  HeaderReader reader(header, source_);
  reader.read();
  data_ = begin + length;
  type_ = plain_type(reader.type, source_);
  fortran_ = reader.fortran;
  shape_ = std::move(reader.shape);
  // Compared by division: the product of lying sizes may overflow.
  const auto element = static_cast<std::size_t>(type_[1] - '0');
  std::size_t rest = all.size() - data_;
  bool fits = rest % element == 0;
  rest /= element;
  for (const std::int64_t size : shape_) {
    const auto part = static_cast<std::size_t>(size);
    fits = fits && size > 0 && rest % part == 0;
    if (fits) rest /= part;
  }
  if (fits && rest == 1) return;
  throw UserError(
      "{}: found {} bytes behind the header, expected {} for each element of "
      "shape [{}] (a cut file?)",
      source_,
      all.size() - data_,
      element,
      fmt::join(shape_, ","));
}

std::size_t NumpyFile::size() const {
  std::size_t count = 1;
  for (const std::int64_t size : shape_)
    count *= static_cast<std::size_t>(size);
  return count;
}

/// Calls visit(place in C order, value).
template <typename Element, typename Visit>
void NumpyFile::each_as(const Visit& visit) const {
  const char* from = bytes_.data() + data_;
  const auto at = [&](std::size_t place) {
    Element element = {};
    std::memcpy(&element, from + place * sizeof element, sizeof element);
    return element;
  };
  const std::size_t count = size();
  if (!fortran_ || shape_.size() < 2) {
    for (std::size_t i = 0; i < count; ++i) visit(i, at(i));
    return;
  }
  // The index counts up as C order does; `place` follows it through strides.
  std::vector<std::size_t> stride(shape_.size(), 1);
  for (std::size_t d = 1; d < stride.size(); ++d) {
    stride[d] = stride[d - 1] * static_cast<std::size_t>(shape_[d - 1]);
  }
  std::vector<std::int64_t> index(shape_.size(), 0);
  std::size_t place = 0;
  for (std::size_t i = 0; i < count; ++i) {
    visit(i, at(place));
    for (std::size_t d = index.size(); d-- > 0;) {
      place += stride[d];
      if (++index[d] < shape_[d]) break;
      place -= stride[d] * static_cast<std::size_t>(shape_[d]);
      index[d] = 0;
    }
  }
}

template <typename Visit>
void NumpyFile::each_element(const Visit& visit) const {
  if (type_ == "f2") each_as<Half>(visit);
  if (type_ == "f4") each_as<float>(visit);
  if (type_ == "f8") each_as<double>(visit);
  if (type_ == "i1") each_as<std::int8_t>(visit);
  if (type_ == "i2") each_as<std::int16_t>(visit);
  if (type_ == "i4") each_as<std::int32_t>(visit);
  if (type_ == "i8") each_as<std::int64_t>(visit);
  if (type_ == "u1" || type_ == "b1") each_as<std::uint8_t>(visit);
  if (type_ == "u2") each_as<std::uint16_t>(visit);
  if (type_ == "u4") each_as<std::uint32_t>(visit);
  if (type_ == "u8") each_as<std::uint64_t>(visit);
}

std::vector<float> NumpyFile::floats() const {
  std::vector<float> values(size());
  each_element([&](std::size_t i, auto value) {
    if constexpr (std::is_same_v<decltype(value), Half>) {
      values[i] = static_cast<float>(static_cast<double>(value));
    } else {
      values[i] = static_cast<float>(value);
    }
  });
  return values;
}

std::vector<std::int64_t> NumpyFile::integers() const {
  std::vector<std::int64_t> values(size());
  const auto refuse = [&](std::size_t i, auto value) {
    throw UserError(
        "{}: element {}: found {}, expected an integer", source_, i, value);
  };
  each_element([&](std::size_t i, auto value) {
    using Element = decltype(value);
    if constexpr (std::is_integral_v<Element>) {
      if (!std::in_range<std::int64_t>(value)) refuse(i, value);
      // A signed byte is a number here:
      // NOLINTNEXTLINE(bugprone-signed-char-misuse)
      values[i] = static_cast<std::int64_t>(value);
    } else {
      constexpr double kMost = 9007199254740992.0;  // 2^53
      const auto number = static_cast<double>(value);
      const bool good =
          std::abs(number) <= kMost && std::trunc(number) - number == 0.0;
      if (!good) refuse(i, number);
      values[i] = static_cast<std::int64_t>(number);
    }
  });
  return values;
}

void NumpyFile::require_shape(const std::vector<std::int64_t>& expected) const {
  const bool good = std::ranges::equal(
      shape_, expected, [](std::int64_t found, std::int64_t wanted) {
        return wanted == -1 || found == wanted;
      });
  if (good) return;
  std::vector<std::string> sizes;
  for (const std::int64_t size : expected) {
    sizes.push_back(size == -1 ? "N" : std::to_string(size));
  }
  throw UserError(
      "{}: found an array of shape [{}], expected [{}]",
      source_,
      fmt::join(shape_, ","),
      fmt::join(sizes, ","));
}

}  // namespace zcp::formats
