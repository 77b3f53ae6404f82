#include "benchmarks/formats/tensor_archive.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "benchmarks/formats/byte_order.h"
#include "benchmarks/formats/pickle_index.h"
#include "benchmarks/formats/pickle_input.h"
#include "benchmarks/formats/torch_file.h"
#include "common/error.h"

namespace zcp::formats {
namespace {

constexpr std::string_view kRebuild = "torch._utils._rebuild_tensor_v2";
/// Of a tensor with attributes: the call for the tensor, its type, the
/// arguments of the call, the attributes. torch.export and torch.compile mark
/// the samples that they have seen so.
constexpr std::string_view kRebuildMarked =
    "torch._tensor._rebuild_from_type_v2";

/// The names that a file of tensors may hold.
std::vector<std::string_view> allowed_names() {
  std::vector<std::string_view> names{
      kRebuild,
      kRebuildMarked,
      "torch.Tensor",
      "torch._dynamo.decorators._DimRange",
      "__builtin__.set",
      "collections.OrderedDict",
      "torch._utils._rebuild_parameter",
      "torch.UntypedStorage"};
  for (const StorageType& type : storage_types()) names.push_back(type.name);
  return names;
}

std::vector<std::int64_t> integers(const PickleValue& values) {
  std::vector<std::int64_t> all;
  for (std::size_t i = 0; i < values.size(); ++i) {
    all.push_back(values.item(i).integer());
  }
  return all;
}

/// What a plain tensor is rebuilt from, with or without attributes.
std::optional<PickleValue> plain_arguments(const PickleValue& value) {
  if (!value.is_call()) return std::nullopt;
  if (value.callee() == kRebuild) return value.arguments();
  if (value.callee() != kRebuildMarked) return std::nullopt;
  const PickleValue marked = value.arguments();
  if (marked.item(0).global() != kRebuild ||
      marked.item(1).global() != "torch.Tensor") {
    return std::nullopt;
  }
  return marked.item(2);
}

}  // namespace

std::span<const StorageType> storage_types() {
  static constexpr std::array<StorageType, 15> kTypes{{
      {"torch.DoubleStorage", "float64", Element::float64, 8},
      {"torch.FloatStorage", "float32", Element::float32, 4},
      {"torch.HalfStorage", "float16", Element::float16, 2},
      {"torch.BFloat16Storage", "bfloat16", Element::bfloat16, 2},
      {"torch.LongStorage", "int64", Element::int64, 8},
      {"torch.IntStorage", "int32", Element::int32, 4},
      {"torch.ShortStorage", "int16", Element::int16, 2},
      {"torch.CharStorage", "int8", Element::int8, 1},
      {"torch.ByteStorage", "uint8", Element::uint8, 1},
      {"torch.BoolStorage", "bool", Element::boolean, 1},
      {"torch.ComplexFloatStorage", "complex64", Element::other, 8},
      {"torch.ComplexDoubleStorage", "complex128", Element::other, 16},
      {"torch.QInt8Storage", "qint8", Element::other, 1},
      {"torch.QUInt8Storage", "quint8", Element::other, 1},
      {"torch.QInt32Storage", "qint32", Element::other, 4},
  }};
  return kTypes;
}

const StorageType* find_storage_type(std::string_view name) {
  const auto types = storage_types();
  const auto found = std::ranges::find(types, name, &StorageType::name);
  return found == types.end() ? nullptr : &*found;
}

void check_extent(
    std::int64_t offset,
    std::span<const std::int64_t> sizes,
    std::span<const std::int64_t> strides,
    std::int64_t available,
    const std::string& source,
    std::string_view name) {
  bool good =
      offset >= 0 && offset < available && sizes.size() == strides.size();
  // No number below exceeds `available` squared, which fits.
  std::int64_t last = offset;
  std::int64_t count = 1;
  for (std::size_t i = 0; good && i < sizes.size(); ++i) {
    const std::int64_t size = sizes[i];
    const std::int64_t stride = size == 1 ? 0 : strides[i];
    good = size > 0 && size <= available && stride >= 0 && stride <= available;
    if (!good) break;
    last += (size - 1) * stride;
    count *= size;
    good = last < available && count <= available;
  }
  if (good) return;
  throw UserError(
      "{}: '{}' is of shape [{}], which does not fit its {} stored elements, "
      "expected at least one image and a tensor of its own (x.clone())",
      source,
      name,
      fmt::join(sizes, ","),
      available);
}

TensorArchive::TensorArchive(
    std::shared_ptr<const RandomBytes> bytes,
    std::string source)
    : bytes_(std::move(bytes)), source_(std::move(source)) {
  if (is_legacy_torch_file(*bytes_)) {
    read_legacy();
  } else {
    read_zip();
  }
}

void TensorArchive::read_zip() {
  archive_ = std::make_unique<ZipArchive>(bytes_, source_);
  const auto* order = archive_->find("byteorder");
  if (order != nullptr && archive_->content(*order) != "little") {
    throw UserError("{}: found big-endian numbers, expected little", source_);
  }
  const auto* entry = archive_->find("data.pkl");
  if (entry == nullptr) {
    throw UserError(
        "{}: found no entry 'data.pkl', expected a file of torch.save({{'x': "
        "x, 'y': y}})",
        source_);
  }
  pickle_ = std::make_unique<Pickle>(
      archive_->content(*entry), source_, allowed_names());
}

/// Facts on the system, the object, the keys of its storages, the storages.
void TensorArchive::read_legacy() {
  constexpr std::uint64_t kPiece = std::uint64_t{1} << 20U;
  const std::uint64_t begin = kLegacyMagic.size();
  std::uint64_t at = begin;
  PickleInput input(
      [&] {
        const auto rest = bytes_->size() - at;
        std::string piece = bytes_->read(at, std::min(kPiece, rest));
        at += piece.size();
        return piece;
      },
      begin,
      source_);
  std::array<std::uint64_t, 4> ends{begin};
  for (std::size_t i = 1; i < ends.size(); ++i) {
    index_pickle(input, 1);
    ends[i] = input.position();
  }
  const auto pickle = [&](std::size_t i) {
    return std::make_unique<Pickle>(
        bytes_->read(ends[i], ends[i + 1] - ends[i]), source_, allowed_names());
  };
  const auto facts = pickle(0);
  const auto little = facts->root().find("little_endian");
  if (little && little->integer() == 0) {
    throw UserError("{}: found big-endian numbers, expected little", source_);
  }
  pickle_ = pickle(1);
  locate_legacy_storages(ends[3], *pickle(2));
}

/// Each storage is its number of elements in 8 bytes, and the elements.
void TensorArchive::locate_legacy_storages(
    std::uint64_t at,
    const Pickle& keys) {
  std::map<std::string, std::size_t, std::less<>> element_sizes;
  pickle_->visit([&](const PickleValue& value) {
    if (!value.is_persistent()) return;
    const PickleValue reference = value.persistent();
    const auto* type = find_storage_type(reference.item(1).global());
    if (type == nullptr) reference.item(1).refuse("a storage of a known type");
    element_sizes[std::string(reference.item(2).text())] = type->size;
  });
  const PickleValue order = keys.root();
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::string key(order.item(i).text());
    const auto size = element_sizes.find(key);
    const std::uint64_t rest = bytes_->size() - at;
    const std::uint64_t count =
        rest < 8 ? 0 : little_endian(bytes_->read(at, 8));
    if (rest < 8 || size == element_sizes.end() ||
        count > (rest - 8) / size->second) {
      throw UserError(
          "{}: found {} bytes at {}, expected the storage '{}' (a cut file?)",
          source_,
          rest,
          at,
          key);
    }
    places_[key] = {at + 8, count * size->second};
    at += 8 + count * size->second;
  }
}

std::string TensorArchive::storage(const std::string& key) const {
  if (archive_) {
    if (const auto* entry = archive_->find("data/" + key)) {
      return archive_->content(*entry);
    }
  } else if (const auto place = places_.find(key); place != places_.end()) {
    return bytes_->read(place->second.begin, place->second.size);
  }
  throw UserError("{}: found no storage 'data/{}'", source_, key);
}

StoredTensor TensorArchive::tensor(
    const PickleValue& value,
    std::string_view name) const {
  const auto found = plain_arguments(value);
  if (!found) {
    value.refuse(fmt::format("a tensor '{0}' ({0}.detach(), say)", name));
  }
  const PickleValue& arguments = *found;
  const PickleValue reference = arguments.item(0).persistent();
  StoredTensor tensor;
  tensor.type = find_storage_type(reference.item(1).global());
  if (tensor.type == nullptr) {
    throw UserError(
        "{}: found '{}' in a {}, expected a tensor of numbers",
        source_,
        name,
        reference.item(1).global());
  }
  tensor.storage = storage(std::string(reference.item(2).text()));
  tensor.offset = arguments.item(1).integer();
  tensor.sizes = integers(arguments.item(2));
  tensor.strides = integers(arguments.item(3));
  const std::size_t available = tensor.storage.size() / tensor.type->size;
  constexpr std::size_t kMost = std::size_t{1} << 31U;
  if (available >= kMost)
    throw UserError("{}: '{}' is too large", source_, name);
  check_extent(
      tensor.offset,
      tensor.sizes,
      tensor.strides,
      static_cast<std::int64_t>(available),
      source_,
      name);
  return tensor;
}

}  // namespace zcp::formats
