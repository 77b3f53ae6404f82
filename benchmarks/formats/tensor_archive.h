// Files of torch.save that hold tensors.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/formats/files.h"
#include "benchmarks/formats/pickle.h"
#include "benchmarks/formats/zip.h"

namespace zcp::formats {

/// What the elements of a storage are.
enum class Element : std::uint8_t {
  float64,
  float32,
  float16,
  bfloat16,
  int64,
  int32,
  int16,
  int8,
  uint8,
  boolean,
  other  ///< complex and quantised numbers, which have no conversion here
};

struct StorageType {
  std::string_view name;   ///< torch.FloatStorage
  std::string_view dtype;  ///< float32
  Element element;
  std::size_t size;  ///< bytes of an element
};

/// Those that PyTorch's files name.
std::span<const StorageType> storage_types();

/// The one of that name; null for another.
const StorageType* find_storage_type(std::string_view name);

/// A tensor: the bytes of its storage, and where its elements lie in them.
/// Every element lies within the storage.
struct StoredTensor {
  const StorageType* type = nullptr;
  std::string storage;
  std::int64_t offset = 0;            ///< in elements
  std::vector<std::int64_t> sizes;    ///< none is zero
  std::vector<std::int64_t> strides;  ///< none is negative
};

/// A file of torch.save: a zip archive or, as before PyTorch 1.6, pickles and
/// storages one behind the other.
class TensorArchive {
 public:
  /// Throws UserError naming `source`, what was found and what was expected.
  TensorArchive(std::shared_ptr<const RandomBytes> bytes, std::string source);

  /// What was saved.
  PickleValue root() const { return pickle_->root(); }

  /// The tensor that `value` is. Throws UserError when it is none, of a type
  /// that is unknown, or not of the extent that its storage has; `name` is for
  /// messages.
  StoredTensor tensor(const PickleValue& value, std::string_view name) const;

 private:
  struct Place {
    std::uint64_t begin = 0;
    std::uint64_t size = 0;
  };
  void read_zip();
  void read_legacy();
  void locate_legacy_storages(std::uint64_t at, const Pickle& keys);
  std::string storage(const std::string& key) const;

  std::shared_ptr<const RandomBytes> bytes_;
  std::string source_;
  std::unique_ptr<ZipArchive> archive_;  ///< null for the older format
  std::unique_ptr<Pickle> pickle_;
  std::map<std::string, Place> places_;  ///< of the older format's storages
};

/// Throws UserError unless every element of a tensor lies within `available`
/// elements of storage. Zero sizes and negative strides are refused.
void check_extent(
    std::int64_t offset,
    std::span<const std::int64_t> sizes,
    std::span<const std::int64_t> strides,
    std::int64_t available,
    const std::string& source,
    std::string_view name);

}  // namespace zcp::formats
