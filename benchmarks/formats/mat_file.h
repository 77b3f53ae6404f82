// Arrays in MATLAB's files (.mat), read by libmatio: version 5, packed or not,
// and version 7.3 (HDF5).
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace zcp::formats {

class MatFile {
 public:
  /// Throws UserError when the file is absent, cut or no MATLAB file.
  explicit MatFile(const std::filesystem::path& path);
  ~MatFile();
  MatFile(const MatFile&) = delete;
  MatFile& operator=(const MatFile&) = delete;

  const std::string& source() const { return source_; }

  /// Sizes of a real array of three indices of double or single precision.
  /// Throws UserError when there is none of that name.
  std::array<int, 3> sizes(const std::string& name) const;

  /// Its elements [0, counts[k]) * strides[k], in C order (the last index runs
  /// fastest). Only these are kept in memory. Throws UserError when they lie
  /// beyond the array, or the data are damaged.
  std::vector<float> read(
      const std::string& name,
      const std::array<int, 3>& counts,
      const std::array<int, 3>& strides) const;

 private:
  struct Library;

  std::string source_;
  std::unique_ptr<Library> library_;
};

}  // namespace zcp::formats
