#include "benchmarks/tasks/tensor_arrays.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "benchmarks/formats/numpy_file.h"
#include "benchmarks/formats/zip.h"

namespace zcp::tasks {
namespace {

using formats::Element;
using formats::StoredTensor;

class SavedArrays final : public Arrays {
 public:
  SavedArrays(
      std::shared_ptr<const formats::RandomBytes> bytes,
      const std::string& source)
      : Arrays(source), archive_(std::move(bytes), source) {}

  bool has(const std::string& name) const override {
    const formats::PickleValue root = archive_.root();
    return root.is_dict() && root.find(name).has_value();
  }

  StoredTensor tensor(const std::string& name) const override {
    return archive_.tensor(archive_.root().at(name), name);
  }

  std::optional<std::vector<NamedTensor>> several(
      const std::string& name) const override {
    if (!has(name)) return std::nullopt;
    const formats::PickleValue held = archive_.root().at(name);
    if (!held.is_sequence() && !held.is_dict()) return std::nullopt;
    std::vector<NamedTensor> all;
    for (std::size_t i = 0; i < held.size(); ++i) {
      const std::string key(held.is_dict() ? held.key(i).text() : "");
      if (held.is_dict() && key.empty()) held.key(i).refuse("a name");
      const formats::PickleValue one =
          held.is_dict() ? held.value(i) : held.item(i);
      const std::string last = key.empty() ? std::to_string(i) : key;
      all.push_back(
          {key, archive_.tensor(one, fmt::format("{}.{}", name, last))});
    }
    return all;
  }

 private:
  formats::TensorArchive archive_;
};
/// Unsigned elements, which torch.save did not have, as int64.
template <typename Raw>
std::string widened(
    std::string_view elements,
    const std::string& source,
    const std::string& name) {
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

  bool has(const std::string& name) const override {
    return entry(name) != nullptr;
  }

  StoredTensor tensor(const std::string& name) const override {
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

  std::optional<std::vector<NamedTensor>> several(
      const std::string& name) const override {
    std::vector<std::string> keys = keys_within(name);
    if (keys.empty()) return std::nullopt;
    if (has(name)) {
      throw UserError(
          "{}: found both '{}' and '{}.{}', expected one tensor or several",
          source_,
          name,
          name,
          keys.front());
    }
    std::vector<NamedTensor> all;
    const bool numbered = has(name + ".0");
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const std::string key = numbered ? std::to_string(i) : keys[i];
      const std::string whole = fmt::format("{}.{}", name, key);
      if (!has(whole)) {
        throw UserError(
            "{}: found {} within '{}', expected numbers from 0 to {}, or names "
            "alone",
            source_,
            fmt::join(keys, ", "),
            name,
            keys.size() - 1);
      }
      all.push_back({numbered ? "" : key, tensor(whole)});
    }
    return all;
  }

 private:
  /// What follows on "name." in names of the file, in its order.
  std::vector<std::string> keys_within(const std::string& name) const {
    constexpr std::string_view kEnd = ".npy";
    const std::string begin = name + ".";
    std::vector<std::string> keys;
    for (const auto& one : archive_.entries()) {
      const std::string_view whole = one.name;
      if (!whole.starts_with(begin) || !whole.ends_with(kEnd)) continue;
      if (whole.size() <= begin.size() + kEnd.size()) continue;
      keys.emplace_back(whole.substr(
          begin.size(), whole.size() - begin.size() - kEnd.size()));
    }
    return keys;
  }

  const formats::ZipArchive::Entry* entry(const std::string& name) const {
    for (const auto& one : archive_.entries()) {
      if (one.name == fmt::format("{}.npy", name)) return &one;
    }
    return nullptr;
  }

  std::string elements_of(
      const formats::NumpyFile& file,
      const std::string& name) const {
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

  StoredTensor stored(const formats::NumpyFile& file, const std::string& name)
      const {
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

}  // namespace

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

}  // namespace zcp::tasks
