// NumPy's values inside pickles.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/formats/pickle.h"

namespace zcp::formats {

/// The names that pickles of dicts and NumPy scalars call.
inline constexpr std::array<std::string_view, 4> kNumpyNames = {
    "collections.OrderedDict",
    "numpy.dtype",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar"};  // as NumPy 2 writes it

/// Those and the names that pickles of NumPy arrays call.
inline constexpr std::array<std::string_view, 8> kNumpyArrayNames = {
    "collections.OrderedDict",
    "numpy.dtype",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
    "numpy.core.multiarray._reconstruct",
    "numpy._core.multiarray._reconstruct",
    "numpy.ndarray",
    "_codecs.encode"};  // how Python 3 writes bytes under protocol 2

/// What files of torch.save with such values name: sets and tensors besides.
/// Tensors are not looked at.
inline constexpr std::array<std::string_view, 10> kTorchNames = {
    "collections.OrderedDict",
    "numpy.dtype",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
    "_codecs.encode",
    "__builtin__.set",
    "torch._utils._rebuild_tensor_v2",
    "torch.FloatStorage",
    "torch.LongStorage",
    "torch.DoubleStorage"};

/// A C-ordered NumPy array of unsigned bytes, valid as long as the pickle.
class ByteArray {
 public:
  /// Throws UserError for anything else, or when bytes are missing.
  explicit ByteArray(const PickleValue& value);
  ByteArray(const ByteArray&) = delete;
  ByteArray& operator=(const ByteArray&) = delete;

  const std::vector<std::int64_t>& shape() const { return shape_; }
  std::string_view bytes() const { return bytes_; }

 private:
  std::vector<std::int64_t> shape_;
  std::string decoded_;     // when the pickle holds the bytes as text
  std::string_view bytes_;  // of the pickle, or of decoded_
};

/// A list of what number_of takes, or a C-ordered NumPy array of one dimension
/// of those types. Throws UserError for anything else, or when bytes are
/// missing.
std::vector<double> numbers_of(const PickleValue& value);

/// A Python number, or a NumPy scalar of float64, float32, int64 or int32.
/// Throws UserError for anything else.
double number_of(const PickleValue& value);

}  // namespace zcp::formats
