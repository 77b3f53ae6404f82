#include "benchmarks/tasks/tensor_file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "benchmarks/formats/tensor_archive.h"
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

/// x in row-major order, whatever its strides (channels last, say), with
/// `convert` applied to each element.
template <typename Raw, typename Convert>
std::vector<float> row_major(const StoredTensor& x, const Convert& convert) {
  std::vector<float> values;
  const auto& size = x.sizes;
  const auto& stride = x.strides;
  values.reserve(
      static_cast<std::size_t>(size[0] * size[1] * size[2] * size[3]));
  for (std::int64_t n = 0; n < size[0]; ++n) {
    for (std::int64_t c = 0; c < size[1]; ++c) {
      for (std::int64_t h = 0; h < size[2]; ++h) {
        const std::int64_t row =
            x.offset + n * stride[0] + c * stride[1] + h * stride[2];
        for (std::int64_t w = 0; w < size[3]; ++w) {
          values.push_back(convert(element_at<Raw>(x, row + w * stride[3])));
        }
      }
    }
  }
  return values;
}

[[noreturn]] void refuse_type(
    const StoredTensor& tensor,
    const std::string& source,
    const char* name,
    const std::string& expected) {
  throw UserError(
      "{}: found '{}' in a {} ({}), expected {}",
      source,
      name,
      tensor.type->name,
      tensor.type->dtype,
      expected);
}

void note_conversion(
    const StoredTensor& tensor,
    const char* name,
    const char* to,
    TensorFile& file) {
  if (tensor.type->dtype == to) return;
  file.notes.push_back(fmt::format(
      "'{}' is of {}, and is converted to {}", name, tensor.type->dtype, to));
}

std::vector<float> read_inputs(
    const StoredTensor& x,
    const std::string& source) {
  switch (x.type->element) {
    case Element::float32:
      return row_major<float>(x, [](float value) { return value; });
    case Element::float64:
      return row_major<double>(
          x, [](double value) { return static_cast<float>(value); });
    case Element::float16:
      return row_major<std::uint16_t>(x, from_half);
    case Element::bfloat16:
      return row_major<std::uint16_t>(x, from_bfloat16);
    case Element::uint8:
      refuse_type(
          x,
          source,
          "x",
          "float32: x.float() / 255 for images from 0 to 1, x.float() for "
          "images from 0 to 255");
    default:
      refuse_type(x, source, "x", "float32 (x.float())");
  }
}

template <typename Raw>
std::vector<std::int64_t> labels_as(const StoredTensor& y) {
  std::vector<std::int64_t> labels;
  for (std::int64_t n = 0; n < y.sizes[0]; ++n) {
    labels.push_back(
        std::int64_t{element_at<Raw>(y, y.offset + n * y.strides[0])});
  }
  return labels;
}

std::vector<std::int64_t> read_labels(
    const StoredTensor& y,
    const std::string& source) {
  switch (y.type->element) {
    case Element::int64:
      return labels_as<std::int64_t>(y);
    case Element::int32:
      return labels_as<std::int32_t>(y);
    case Element::int16:
      return labels_as<std::int16_t>(y);
    case Element::int8:
      return labels_as<std::int8_t>(y);
    case Element::uint8:
    case Element::boolean:
      return labels_as<std::uint8_t>(y);
    default:
      refuse_type(y, source, "y", "int64 (y.long())");
  }
}

bool holds_words(const StoredTensor& x) {
  return x.sizes.size() == 2 && (x.type->element == Element::int64 ||
                                 x.type->element == Element::int32);
}

/// Words are kept as float32, which has every whole number up to 2^24.
template <typename Raw>
void words_as(
    const StoredTensor& x,
    const std::string& source,
    TensorFile& file) {
  constexpr std::int64_t kMostWords = std::int64_t{1} << 24U;
  for (std::int64_t n = 0; n < x.sizes[0]; ++n) {
    for (std::int64_t t = 0; t < x.sizes[1]; ++t) {
      const std::int64_t word =
          element_at<Raw>(x, x.offset + n * x.strides[0] + t * x.strides[1]);
      if (word < 0 || word >= kMostWords) {
        throw UserError(
            "{}: 'x'[{}][{}]: found word {}, expected 0 to {}",
            source,
            n,
            t,
            word,
            kMostWords - 1);
      }
      file.x.push_back(static_cast<float>(word));
      file.vocabulary = std::max(file.vocabulary, word + 1);
    }
  }
}

void check_shapes(
    const StoredTensor& x,
    const StoredTensor& y,
    const std::string& source) {
  const bool good = (x.sizes.size() == 4 || holds_words(x)) &&
                    y.sizes.size() == 1 && x.sizes[0] == y.sizes[0];
  if (good) return;
  const auto fault = fmt::format(
      "{}: found 'x' of shape [{}] and 'y' of [{}], expected [N,C,H,W] and "
      "[N], "
      "or words [N,T] of int64",
      source,
      fmt::join(x.sizes, ","),
      fmt::join(y.sizes, ","));
  const bool of_rows = y.sizes.size() == 2 && y.sizes[0] == x.sizes[0];
  if (!of_rows) throw UserError("{}", fault);
  throw UserError(
      "{} ({})", fault, y.sizes[1] == 1 ? "y.flatten()" : "y.argmax(1)");
}

void check_range(
    const std::vector<std::int64_t>& labels,
    std::int64_t most,
    const std::string& source) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= 0 && labels[i] < most) continue;
    throw UserError(
        "{}: 'y'[{}]: found label {}, expected 0 to {}",
        source,
        i,
        labels[i],
        most - 1);
  }
}

/// Settles the number of classes and where labels start.
void settle_classes(int asked, const std::string& source, TensorFile& file) {
  const auto [least, most] = std::ranges::minmax(file.labels);
  if (asked > 0 && least >= 1 && most == asked) {
    for (std::int64_t& label : file.labels) --label;
    file.notes.push_back(fmt::format(
        "the labels in 'y' go from {} to {} and there are {} classes: they "
        "start at 1, and one is taken off each",
        least,
        most,
        asked));
  }
  constexpr std::int64_t kMostClasses = std::int64_t{1} << 20U;
  check_range(file.labels, asked > 0 ? asked : kMostClasses, source);
  file.smallest_label = std::ranges::min(file.labels);
  file.guessed = asked == 0;
  file.classes = asked;
  if (asked > 0) return;
  file.classes = static_cast<int>(most) + 1;
  if (least < 1) return;
  file.notes.push_back(fmt::format(
      "the labels in 'y' go from {} to {} and none is 0: they are taken as "
      "they "
      "are, but by a network of {} outputs, or with --classes {}, as if they "
      "started at 1 (y - 1)",
      least,
      most,
      most,
      most));
}

}  // namespace

TensorFile parse_tensors(
    std::shared_ptr<const formats::RandomBytes> bytes,
    const std::string& source,
    int classes) {
  const formats::TensorArchive archive(std::move(bytes), source);
  const StoredTensor x = archive.tensor(archive.root().at("x"), "x");
  const StoredTensor y = archive.tensor(archive.root().at("y"), "y");
  check_shapes(x, y, source);
  TensorFile file;
  if (holds_words(x)) {
    file.shape = {1, static_cast<int>(x.sizes[1]), 1};
    if (x.type->element == Element::int64) {
      words_as<std::int64_t>(x, source, file);
    } else {
      words_as<std::int32_t>(x, source, file);
    }
  } else {
    file.shape = {
        static_cast<int>(x.sizes[1]),
        static_cast<int>(x.sizes[2]),
        static_cast<int>(x.sizes[3])};
    file.x = read_inputs(x, source);
    note_conversion(x, "x", "float32", file);
  }
  file.labels = read_labels(y, source);
  note_conversion(y, "y", "int64", file);
  settle_classes(classes, source, file);
  return file;
}

}  // namespace zcp::tasks
