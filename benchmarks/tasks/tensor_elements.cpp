#include "benchmarks/tasks/tensor_elements.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "common/error.h"

namespace zcp::tasks {
namespace {

using formats::Element;
using formats::StoredTensor;

/// IEEE 754's binary16.
float from_half(std::uint16_t bits) {
  const int mantissa = bits & 0x3ff;
  const int exponent = bits >> 10 & 0x1f;
  const float sign = (bits & 0x8000) != 0 ? -1.0F : 1.0F;
  if (exponent == 0x1f) {
    const float infinity = std::numeric_limits<float>::infinity();
    return mantissa == 0 ? sign * infinity
                         : std::numeric_limits<float>::quiet_NaN();
  }
  if (exponent == 0)
    return sign * std::ldexp(static_cast<float>(mantissa), -24);
  return sign * std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
}

float from_bfloat16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
}

template <typename Raw>
Raw element_at(const StoredTensor& tensor, std::int64_t place) {
  Raw element = {};
  std::memcpy(
      &element,
      tensor.storage.data() + static_cast<std::size_t>(place) * sizeof element,
      sizeof element);
  return element;
}

/// The elements in row-major order, nameever the strides (channels last, say),
/// with `convert` applied to each.
template <typename Raw, typename Convert>
auto row_major(const StoredTensor& tensor, const Convert& convert) {
  std::size_t count = 1;
  for (const std::int64_t size : tensor.sizes) {
    count *= static_cast<std::size_t>(size);
  }
  std::vector<decltype(convert(Raw{}))> values;
  values.reserve(count);
  const std::size_t last = tensor.sizes.size() - 1;
  std::vector<std::int64_t> at(last, 0);  // the indices before the last one
  std::int64_t row = tensor.offset;
  while (true) {
    for (std::int64_t i = 0; i < tensor.sizes[last]; ++i) {
      values.push_back(
          convert(element_at<Raw>(tensor, row + i * tensor.strides[last])));
    }
    std::size_t axis = last;
    for (; axis > 0; --axis) {
      row += tensor.strides[axis - 1];
      if (++at[axis - 1] < tensor.sizes[axis - 1]) break;
      row -= tensor.sizes[axis - 1] * tensor.strides[axis - 1];
      at[axis - 1] = 0;
    }
    if (axis == 0) return values;
  }
}

template <typename Raw>
std::vector<std::int64_t> wholes_as(const StoredTensor& tensor) {
  return row_major<Raw>(tensor, [](Raw value) { return std::int64_t{value}; });
}

[[noreturn]] void refuse_type(
    const StoredTensor& tensor,
    const std::string& source,
    const std::string& name,
    const std::string& expected) {
  throw UserError(
      "{}: found '{}' in a {} ({}), expected {}",
      source,
      name,
      tensor.type->name,
      tensor.type->dtype,
      expected);
}

}  // namespace

bool is_real(const StoredTensor& tensor) {
  const Element element = tensor.type->element;
  return element == Element::float64 || element == Element::float32 ||
         element == Element::float16 || element == Element::bfloat16;
}

std::vector<float> read_reals(
    const StoredTensor& tensor,
    const std::string& source,
    const std::string& name) {
  switch (tensor.type->element) {
    case Element::float32:
      return row_major<float>(tensor, [](float value) { return value; });
    case Element::float64:
      return row_major<double>(
          tensor, [](double value) { return static_cast<float>(value); });
    case Element::float16:
      return row_major<std::uint16_t>(tensor, from_half);
    case Element::bfloat16:
      return row_major<std::uint16_t>(tensor, from_bfloat16);
    case Element::uint8:
      refuse_type(
          tensor,
          source,
          name,
          "float32: x.float() / 255 for images from 0 to 1, x.float() for "
          "images from 0 to 255");
    default:
      refuse_type(tensor, source, name, "float32 (x.float())");
  }
}

std::vector<std::int64_t> read_wholes(
    const StoredTensor& tensor,
    const std::string& source,
    const std::string& name) {
  switch (tensor.type->element) {
    case Element::int64:
      return wholes_as<std::int64_t>(tensor);
    case Element::int32:
      return wholes_as<std::int32_t>(tensor);
    case Element::int16:
      return wholes_as<std::int16_t>(tensor);
    case Element::int8:
      return wholes_as<std::int8_t>(tensor);
    case Element::uint8:
    case Element::boolean:
      return wholes_as<std::uint8_t>(tensor);
    default:
      refuse_type(tensor, source, name, fmt::format("int64 ({}.long())", name));
  }
}

void note_conversion(
    const StoredTensor& tensor,
    const std::string& name,
    const char* to,
    std::vector<std::string>& notes) {
  if (tensor.type->dtype == to) return;
  notes.push_back(fmt::format(
      "'{}' is of {}, and is converted to {}", name, tensor.type->dtype, to));
}

}  // namespace zcp::tasks
