// Arrays that numpy.save wrote (.npy).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace zcp::formats {

/// An array of little-endian numbers in memory: float64, float32, float16 and
/// integers of 1 to 8 bytes. Nothing of the file is executed: arrays of Python
/// objects, which hold pickles, are refused.
class NumpyFile {
 public:
  /// Parses the bytes of a file (format versions 1 to 3). Throws UserError
  /// naming `source`, what was found and what was expected, when it is no such
  /// file, is cut or longer than its shape, has no element or another type.
  NumpyFile(std::string bytes, std::string source);

  const std::string& source() const { return source_; }
  const std::vector<std::int64_t>& shape() const { return shape_; }
  std::size_t size() const;  ///< elements

  /// Kind and bytes of an element: "f4", "i8", "u1", "b1".
  const std::string& type() const { return type_; }
  bool fortran() const { return fortran_; }  ///< the first index runs fastest

  /// The bytes of the elements as the file has them, size() of them.
  std::string_view elements() const {
    return std::string_view(bytes_).substr(data_);
  }

  /// The elements in C order (the last index runs fastest), whatever the order
  /// of the file.
  std::vector<float> floats() const;

  /// The same as integers. Throws UserError for a number that is none, or is
  /// beyond 2^53 in a float array.
  std::vector<std::int64_t> integers() const;

  /// Throws UserError unless the shape is `expected`, where -1 is any size.
  void require_shape(const std::vector<std::int64_t>& expected) const;

 private:
  void check_size() const;
  template <typename Visit>
  void each_element(const Visit& visit) const;
  template <typename Element, typename Visit>
  void each_as(const Visit& visit) const;

  std::string bytes_;
  std::string source_;
  std::size_t data_ = 0;  ///< where the elements begin
  std::string type_;      ///< kind and bytes: "f4"
  bool fortran_ = false;  ///< the first index runs fastest
  std::vector<std::int64_t> shape_;
};

}  // namespace zcp::formats
