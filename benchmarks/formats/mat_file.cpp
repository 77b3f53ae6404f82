#include "benchmarks/formats/mat_file.h"

#include <matio.h>

#include <cstddef>
#include <cstdint>
#include <fstream>

#include "common/error.h"

namespace zcp::formats {
namespace {

struct Close {
  void operator()(mat_t* file) const { Mat_Close(file); }
};
struct Free {
  void operator()(matvar_t* variable) const { Mat_VarFree(variable); }
};

using Variable = std::unique_ptr<matvar_t, Free>;

/// Throws unless the elements of a version 5 file end where the file ends:
/// libmatio takes what a cut one lacks for zeros.
void require_whole(const std::string& source) {
  constexpr std::uint64_t kHeader = 128;
  std::ifstream in(source, std::ios::binary);
  const std::uint64_t size = std::filesystem::file_size(source);
  std::uint64_t place = kHeader;
  while (place < size) {
    std::array<unsigned char, 8> tag{};
    in.seekg(static_cast<std::streamoff>(place));
    in.read(reinterpret_cast<char*>(tag.data()), tag.size());
    std::uint64_t length = 0;
    for (std::size_t i = 8; i-- > 4;) length = length << 8U | tag[i];
    place += in.good() ? tag.size() + length : size + 1;
  }
  if (place == size) return;
  throw UserError(
      "{}: a variable ends beyond the file's {} bytes: the file is cut",
      source,
      size);
}

/// A column-major block in C order.
template <typename Element>
std::vector<float> row_major(
    const std::vector<Element>& block,
    const std::array<int, 3>& counts) {
  const auto a = static_cast<std::size_t>(counts[0]);
  const auto b = static_cast<std::size_t>(counts[1]);
  const auto c = static_cast<std::size_t>(counts[2]);
  std::vector<float> values(block.size());
  for (std::size_t i = 0; i < a; ++i) {
    for (std::size_t j = 0; j < b; ++j) {
      for (std::size_t k = 0; k < c; ++k) {
        values[(i * b + j) * c + k] =
            static_cast<float>(block[i + a * (j + b * k)]);
      }
    }
  }
  return values;
}

}  // namespace

struct MatFile::Library {
  std::unique_ptr<mat_t, Close> file;
  std::string source;

  /// The variable's header.
  Variable find(const std::string& name) const {
    Variable variable(Mat_VarReadInfo(file.get(), name.c_str()));
    if (variable == nullptr) {
      throw UserError("{}: found no variable '{}'", source, name);
    }
    const bool real = variable->class_type == MAT_C_DOUBLE ||
                      variable->class_type == MAT_C_SINGLE;
    if (!real || variable->isComplex != 0 || variable->rank != 3) {
      throw UserError(
          "{}: variable '{}' is of class {} with {} indices, expected real "
          "numbers with 3",
          source,
          name,
          static_cast<int>(variable->class_type),
          variable->rank);
    }
    return variable;
  }

  template <typename Element>
  std::vector<float> read(
      matvar_t* variable,
      const std::array<int, 3>& counts,
      const std::array<int, 3>& strides) const {
    std::vector<Element> block(
        static_cast<std::size_t>(counts[0]) *
        static_cast<std::size_t>(counts[1]) *
        static_cast<std::size_t>(counts[2]));
    std::array<int, 3> start{};
    std::array<int, 3> stride = strides;
    std::array<int, 3> edge = counts;
    const int failed = Mat_VarReadData(
        file.get(),
        variable,
        block.data(),
        start.data(),
        stride.data(),
        edge.data());
    if (failed != 0) {
      throw UserError(
          "{}: the data of '{}' are cut or damaged", source, variable->name);
    }
    return row_major(block, counts);
  }
};

MatFile::MatFile(const std::filesystem::path& path)
    : source_(path.string()), library_(std::make_unique<Library>()) {
  if (!std::filesystem::is_regular_file(path)) {
    throw UserError("{}: no such file", source_);
  }
  library_->source = source_;
  library_->file.reset(Mat_Open(source_.c_str(), MAT_ACC_RDONLY));
  if (library_->file == nullptr) {
    throw UserError("{}: not a MATLAB file (.mat)", source_);
  }
  const mat_ft version = Mat_GetVersion(library_->file.get());
  if (version == MAT_FT_MAT5) {
    require_whole(source_);
  } else if (version != MAT_FT_MAT73) {
    throw UserError(
        "{}: not a MATLAB file (.mat) of version 5 or 7.3", source_);
  }
}

MatFile::~MatFile() = default;

std::array<int, 3> MatFile::sizes(const std::string& name) const {
  const Variable variable = library_->find(name);
  std::array<int, 3> sizes{};
  for (std::size_t k = 0; k < sizes.size(); ++k) {
    sizes[k] = static_cast<int>(variable->dims[k]);
  }
  return sizes;
}

std::vector<float> MatFile::read(
    const std::string& name,
    const std::array<int, 3>& counts,
    const std::array<int, 3>& strides) const {
  const Variable variable = library_->find(name);
  for (std::size_t k = 0; k < counts.size(); ++k) {
    const auto last = static_cast<std::size_t>(counts[k] - 1) *
                      static_cast<std::size_t>(strides[k]);
    if (counts[k] < 1 || strides[k] < 1 || last >= variable->dims[k]) {
      throw UserError(
          "{}: variable '{}' has {} elements along index {}, expected {} at "
          "steps of {}",
          source_,
          name,
          variable->dims[k],
          k,
          counts[k],
          strides[k]);
    }
  }
  return variable->class_type == MAT_C_DOUBLE
             ? library_->read<double>(variable.get(), counts, strides)
             : library_->read<float>(variable.get(), counts, strides);
}

}  // namespace zcp::formats
