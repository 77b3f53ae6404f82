#include "benchmarks/formats/numpy_file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <type_traits>
#include <utility>

#include "benchmarks/formats/byte_order.h"
#include "benchmarks/formats/numpy_header.h"
#include "common/error.h"

namespace zcp::formats {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

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

/// The text of the header, padding included.
std::string_view header_of(std::string_view all, const std::string& source) {
  constexpr std::size_t kVersion = 6;
  constexpr std::size_t kLength = 8;
  if (!all.starts_with(kMagic) || all.size() < 10) {
    throw UserError(
        "{}: found no array of numpy.save, expected one (a cut file?)", source);
  }
  const auto version = static_cast<unsigned char>(all[kVersion]);
  if (version < 1 || version > 3) {
    throw UserError(
        "{}: found format version {}, expected 1 to 3", source, version);
  }
  // The header's length takes 2 bytes, or 4 since version 2.
  const std::size_t begin = version == 1 ? 10 : 12;
  const std::uint64_t length = little_endian(
      all.substr(kLength, all.size() < begin ? 2 : begin - kLength));
  if (all.size() < begin || all.size() - begin < length) {
    throw UserError(
        "{}: found {} bytes, expected a header of {} (a cut file?)",
        source,
        all.size(),
        length);
  }
  return all.substr(begin, length);
}

/// The header without the blanks that NumPy fills it up with.
std::string_view without_padding(std::string_view header) {
  while (header.ends_with('\n') || header.ends_with(' ')) {
    header.remove_suffix(1);
  }
  return header;
}

}  // namespace

NumpyFile::NumpyFile(std::string bytes, std::string source)
    : bytes_(std::move(bytes)), source_(std::move(source)) {
  const std::string_view text = header_of(bytes_, source_);
  data_ = static_cast<std::size_t>(text.data() + text.size() - bytes_.data());
  NumpyHeader header = parse_numpy_header(without_padding(text), source_);
  type_ = plain_type(header.type, source_);
  fortran_ = header.fortran;
  shape_ = std::move(header.shape);
  check_size();
}

/// Throws unless the elements of the shape fill the rest of the file.
void NumpyFile::check_size() const {
  // Compared by division: the product of lying sizes may overflow.
  const auto element = static_cast<std::size_t>(type_[1] - '0');
  std::size_t rest = bytes_.size() - data_;
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
      bytes_.size() - data_,
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
