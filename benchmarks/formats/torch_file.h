// Files of torch.save that hold Python's values, whatever their size.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "benchmarks/formats/files.h"
#include "benchmarks/formats/pickle_stream.h"
#include "benchmarks/formats/zip.h"

namespace zcp::formats {

/// The pickles of 0x1950a86a20f9469cfc6c and of 1001, which files of PyTorch
/// before 1.6 begin with.
inline constexpr std::string_view kLegacyMagic{
    "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
    "\x80\x02M\xe9\x03.",
    21};

bool is_legacy_torch_file(const RandomBytes& bytes);

/// A file of torch.save: a zip archive with an entry data.pkl or, as before
/// PyTorch 1.6, four pickles one behind the other (a magic number, a version,
/// facts on the system, and the object).
class TorchFile {
 public:
  /// Throws UserError naming `source`, what was found and what was expected.
  TorchFile(std::shared_ptr<const RandomBytes> bytes, std::string source);

  /// Reads the object twice (PickleIndex says why) and gives away its records;
  /// returns the rest. `progress` is told the records given away and how many
  /// there are. Throws UserError as stream_pickle and ZipArchive do.
  std::unique_ptr<Pickle> stream(
      int level,
      std::span<const std::string_view> allowed,
      const RecordVisitor& visit,
      const std::function<void(std::size_t, std::size_t)>& progress) const;

 private:
  class Pieces;
  void find_legacy_object();

  std::shared_ptr<const RandomBytes> bytes_;
  std::string source_;
  std::unique_ptr<ZipArchive> archive_;  ///< null for the older format
  std::uint64_t begin_ = 0;              ///< of the object's pickle
  std::uint64_t end_ = 0;                ///< of it, or of the file
};

}  // namespace zcp::formats
