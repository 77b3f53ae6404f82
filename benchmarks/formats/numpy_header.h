// The header of a .npy file: what its array is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace zcp::formats {

struct NumpyHeader {
  std::string type;      ///< as NumPy writes it: "<f8"
  bool fortran = false;  ///< the first index runs fastest
  std::vector<std::int64_t> shape;
};

/// Parses a header, which is a Python literal such as
/// {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }. Throws
/// UserError naming `source`, what was found and what was expected.
NumpyHeader parse_numpy_header(
    std::string_view text,
    const std::string& source);

}  // namespace zcp::formats
