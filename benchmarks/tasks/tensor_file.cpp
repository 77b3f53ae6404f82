#include "benchmarks/tasks/tensor_file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "benchmarks/formats/numpy_file.h"
#include "benchmarks/formats/tensor_archive.h"
#include "benchmarks/formats/zip.h"
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
std::vector<std::int64_t> wholes_as(const StoredTensor& tensor) {
  const bool rows = tensor.sizes.size() == 2;
  std::vector<std::int64_t> values;
  for (std::int64_t n = 0; n < tensor.sizes[0]; ++n) {
    for (std::int64_t t = 0; t < (rows ? tensor.sizes[1] : 1); ++t) {
      const std::int64_t place = tensor.offset + n * tensor.strides[0] +
                                 (rows ? t * tensor.strides[1] : 0);
      values.push_back(std::int64_t{element_at<Raw>(tensor, place)});
    }
  }
  return values;
}

/// The numbers of [N], or of [N, T] row by row.
std::vector<std::int64_t> read_wholes(
    const StoredTensor& tensor,
    const std::string& source,
    const char* name) {
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

/// The named arrays of a file.
class Arrays {
 public:
  explicit Arrays(std::string source) : source_(std::move(source)) {}
  virtual ~Arrays() = default;

  virtual bool has(const char* name) const = 0;
  virtual StoredTensor tensor(const char* name) const = 0;

  /// The name of the two that the file has; the first where it has neither.
  const char* one_of(const char* name, const char* other) const {
    if (!has(other)) return name;
    if (!has(name)) return other;
    throw UserError(
        "{}: found both '{}' and '{}', expected one of them",
        source_,
        name,
        other);
  }

 protected:
  std::string source_;
};

class SavedArrays final : public Arrays {
 public:
  SavedArrays(
      std::shared_ptr<const formats::RandomBytes> bytes,
      const std::string& source)
      : Arrays(source), archive_(std::move(bytes), source) {}

  bool has(const char* name) const override {
    const formats::PickleValue root = archive_.root();
    return root.is_dict() && root.find(name).has_value();
  }

  StoredTensor tensor(const char* name) const override {
    return archive_.tensor(archive_.root().at(name), name);
  }

 private:
  formats::TensorArchive archive_;
};

/// Unsigned elements, which torch.save did not have, as int64.
template <typename Raw>
std::string widened(
    std::string_view elements,
    const std::string& source,
    const char* name) {
  std::string wide;
  wide.reserve(elements.size() / sizeof(Raw) * sizeof(std::int64_t));
  for (std::size_t at = 0; at < elements.size(); at += sizeof(Raw)) {
    Raw raw = {};
    std::memcpy(&raw, elements.data() + at, sizeof raw);
    if (!std::in_range<std::int64_t>(raw)) {
      throw UserError(
          "{}: '{}': found {}, expected a number that int64 holds",
          source,
          name,
          raw);
    }
    const auto whole = static_cast<std::int64_t>(raw);
    wide.append(reinterpret_cast<const char*>(&whole), sizeof whole);
  }
  return wide;
}

/// A file of numpy.savez: a .npy file for each array.
class NumpyArrays final : public Arrays {
 public:
  NumpyArrays(formats::ZipArchive archive, const std::string& source)
      : Arrays(source), archive_(std::move(archive)) {}

  bool has(const char* name) const override { return entry(name) != nullptr; }

  StoredTensor tensor(const char* name) const override {
    const auto* found = entry(name);
    if (found == nullptr) {
      throw UserError("{}: found no array '{}', expected one", source_, name);
    }
    // What zlib's format can pack into so many bytes.
    constexpr std::uint64_t kMostPacked = 1032;
    if (found->deflated && found->size / kMostPacked > found->packed + 1) {
      throw UserError(
          "{}: found {} bytes of '{}' packed into {}, expected {} times as "
          "many "
          "at most",
          source_,
          found->size,
          name,
          found->packed,
          kMostPacked);
    }
    const formats::NumpyFile file(
        archive_.content(*found), fmt::format("{}: '{}'", source_, name));
    return stored(file, name);
  }

 private:
  const formats::ZipArchive::Entry* entry(const char* name) const {
    for (const auto& one : archive_.entries()) {
      if (one.name == fmt::format("{}.npy", name)) return &one;
    }
    return nullptr;
  }

  std::string elements_of(const formats::NumpyFile& file, const char* name)
      const {
    const std::string_view elements = file.elements();
    if (file.type() == "u8") {
      return widened<std::uint64_t>(elements, source_, name);
    }
    if (file.type() == "u4") {
      return widened<std::uint32_t>(elements, source_, name);
    }
    if (file.type() == "u2") {
      return widened<std::uint16_t>(elements, source_, name);
    }
    return std::string(elements);
  }

  StoredTensor stored(const formats::NumpyFile& file, const char* name) const {
    static constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
        {"f8", "float64"},
        {"f4", "float32"},
        {"f2", "float16"},
        {"i8", "int64"},
        {"i4", "int32"},
        {"i2", "int16"},
        {"i1", "int8"},
        {"u8", "int64"},
        {"u4", "int64"},
        {"u2", "int64"},
        {"u1", "uint8"},
        {"b1", "bool"}};
    StoredTensor tensor;
    const auto* own = std::ranges::find(
        kTypes,
        file.type(),
        &std::pair<std::string_view, std::string_view>::first);
    for (const formats::StorageType& type : formats::storage_types()) {
      if (own != std::end(kTypes) && type.dtype == own->second) {
        tensor.type = &type;
      }
    }
    // Labels and words may be unsigned, images may not.
    const bool wide = tensor.type != nullptr && file.type()[0] == 'u' &&
                      tensor.type->element == Element::int64;
    if (tensor.type == nullptr || (wide && file.shape().size() > 2)) {
      throw UserError(
          "{}: found '{}' of type {}, expected float32 or int64",
          source_,
          name,
          file.type());
    }
    tensor.storage = elements_of(file, name);
    tensor.sizes = file.shape();
    tensor.strides.resize(tensor.sizes.size());
    std::int64_t step = 1;
    for (std::size_t i = 0; i < tensor.sizes.size(); ++i) {
      const std::size_t axis = file.fortran() ? i : tensor.sizes.size() - 1 - i;
      tensor.strides[axis] = step;
      step *= tensor.sizes[axis];
    }
    return tensor;
  }

  formats::ZipArchive archive_;
};

/// Those of a file of torch.save, or of numpy.savez: a zip archive without the
/// pickle that torch.save writes.
std::unique_ptr<const Arrays> arrays_of(
    std::shared_ptr<const formats::RandomBytes> bytes,
    const std::string& source) {
  if (bytes->size() >= 4 && bytes->read(0, 4) == "PK\3\4") {
    formats::ZipArchive archive(
        bytes, source, formats::Packing::stored_or_deflated);
    const bool numpy = std::ranges::any_of(
        archive.entries(),
        [](const auto& entry) { return entry.name.ends_with(".npy"); });
    if (numpy) return std::make_unique<NumpyArrays>(std::move(archive), source);
  }
  return std::make_unique<SavedArrays>(std::move(bytes), source);
}

bool holds_words(const StoredTensor& x) {
  return x.sizes.size() == 2 && (x.type->element == Element::int64 ||
                                 x.type->element == Element::int32);
}

/// Words are kept as float32, which has every whole number up to 2^24.
void read_words(
    const StoredTensor& x,
    const std::string& source,
    const char* name,
    TensorFile& file) {
  constexpr std::int64_t kMostWords = std::int64_t{1} << 24U;
  const std::vector<std::int64_t> words = read_wholes(x, source, name);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] < 0 || words[i] >= kMostWords) {
      const auto length = static_cast<std::size_t>(x.sizes[1]);
      throw UserError(
          "{}: '{}'[{}][{}]: found word {}, expected 0 to {}",
          source,
          name,
          i / length,
          i % length,
          words[i],
          kMostWords - 1);
    }
    file.x.push_back(static_cast<float>(words[i]));
    file.vocabulary = std::max(file.vocabulary, words[i] + 1);
  }
}

void check_like_words(
    const StoredTensor& tensor,
    const StoredTensor& x,
    const std::string& source,
    const char* name) {
  if (holds_words(x) && tensor.sizes == x.sizes) return;
  throw UserError(
      "{}: found '{}' of shape [{}] beside 'x' of [{}], expected words [N,T] "
      "and [N,T]",
      source,
      name,
      fmt::join(tensor.sizes, ","),
      fmt::join(x.sizes, ","));
}

/// Hides the words at which the mask is 0.
void read_mask(
    const StoredTensor& mask,
    const StoredTensor& x,
    const std::string& source,
    const char* name,
    TensorFile& file) {
  check_like_words(mask, x, source, name);
  const std::vector<std::int64_t> seen = read_wholes(mask, source, name);
  const auto length = static_cast<std::size_t>(x.sizes[1]);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (seen[i] != 0 && seen[i] != 1) {
      throw UserError(
          "{}: '{}'[{}][{}]: found {}, expected 1 for a word that is seen or 0 "
          "for one that is hidden",
          source,
          name,
          i / length,
          i % length,
          seen[i]);
    }
    if (seen[i] == 1) continue;
    file.x[i] = -1 - file.x[i];
    file.masked = true;
  }
  for (std::size_t n = 0; n < seen.size() / length; ++n) {
    const auto row = seen.begin() + static_cast<std::ptrdiff_t>(n * length);
    if (std::find(row, row + static_cast<std::ptrdiff_t>(length), 1) ==
        row + static_cast<std::ptrdiff_t>(length)) {
      throw UserError(
          "{}: '{}'[{}]: found no word that is seen, expected one in each text",
          source,
          name,
          n);
    }
  }
  file.notes.push_back(
      file.masked ? fmt::format(
                        "'{}' hides {} of {} words; proxies that read what "
                        "layers compute (such as naswot, meco and near) count "
                        "the places of hidden words as well",
                        name,
                        std::ranges::count(seen, 0),
                        seen.size())
                  : fmt::format("'{}' hides no word", name));
}

/// Networks are given type 0 for every word.
void check_types(
    const StoredTensor& types,
    const StoredTensor& x,
    const std::string& source) {
  constexpr const char* kName = "token_type_ids";
  check_like_words(types, x, source, kName);
  for (const std::int64_t type : read_wholes(types, source, kName)) {
    if (type == 0) continue;
    throw UserError(
        "{}: found '{}' with a {}, expected 0 for every word: networks are "
        "given no other types",
        source,
        kName,
        type);
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
  const std::unique_ptr<const Arrays> arrays =
      arrays_of(std::move(bytes), source);
  const char* const x_name = arrays->one_of("x", "input_ids");
  const char* const y_name = arrays->one_of("y", "labels");
  const StoredTensor x = arrays->tensor(x_name);
  const StoredTensor y = arrays->tensor(y_name);
  check_shapes(x, y, source);
  TensorFile file;
  if (holds_words(x)) {
    file.shape = {1, static_cast<int>(x.sizes[1]), 1};
    read_words(x, source, x_name, file);
  } else {
    file.shape = {
        static_cast<int>(x.sizes[1]),
        static_cast<int>(x.sizes[2]),
        static_cast<int>(x.sizes[3])};
    file.x = read_inputs(x, source);
    note_conversion(x, "x", "float32", file);
  }
  const char* const mask = arrays->one_of("mask", "attention_mask");
  if (arrays->has(mask)) {
    read_mask(arrays->tensor(mask), x, source, mask, file);
  }
  if (arrays->has("token_type_ids")) {
    check_types(arrays->tensor("token_type_ids"), x, source);
  }
  file.labels = read_wholes(y, source, y_name);
  note_conversion(y, y_name, "int64", file);
  settle_classes(classes, source, file);
  return file;
}

}  // namespace zcp::tasks
