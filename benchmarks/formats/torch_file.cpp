#include "benchmarks/formats/torch_file.h"

#include <zlib.h>

#include <algorithm>

#include "common/error.h"

namespace zcp::formats {
namespace {

constexpr std::uint64_t kPiece = std::uint64_t{1} << 20U;

}  // namespace

bool is_legacy_torch_file(const RandomBytes& bytes) {
  return bytes.size() >= kLegacyMagic.size() &&
         bytes.read(0, kLegacyMagic.size()) == kLegacyMagic;
}

/// Reads a part of the file piece by piece, with its checksum.
class TorchFile::Pieces {
 public:
  Pieces(const RandomBytes& bytes, std::uint64_t begin, std::uint64_t end)
      : bytes_(bytes), at_(begin), end_(end) {}

  std::string next() {
    std::string piece = bytes_.read(at_, std::min(kPiece, end_ - at_));
    at_ += piece.size();
    const auto* data = reinterpret_cast<const Bytef*>(piece.data());
    crc_ = static_cast<std::uint32_t>(crc32_z(crc_, data, piece.size()));
    return piece;
  }

  std::uint32_t crc() const { return crc_; }

 private:
  const RandomBytes& bytes_;
  std::uint64_t at_;
  std::uint64_t end_;
  std::uint32_t crc_ = 0;
};

TorchFile::TorchFile(
    std::shared_ptr<const RandomBytes> bytes,
    std::string source)
    : bytes_(std::move(bytes)), source_(std::move(source)) {
  const std::string start = bytes_->read(
      0, std::min<std::uint64_t>(kLegacyMagic.size(), bytes_->size()));
  if (start == kLegacyMagic) {
    find_legacy_object();
    return;
  }
  if (!start.starts_with("PK")) {
    throw UserError(
        "{}: found neither a zip archive nor torch's magic number, expected a "
        "file of torch.save",
        source_);
  }
  archive_ = std::make_unique<ZipArchive>(bytes_, source_);
  const ZipArchive::Entry* entry = archive_->find("data.pkl");
  if (entry == nullptr) {
    throw UserError(
        "{}: found no entry 'data.pkl', expected a file of torch.save",
        source_);
  }
  begin_ = entry->begin;
  end_ = entry->begin + entry->size;
}

void TorchFile::find_legacy_object() {
  end_ = bytes_->size();
  Pieces pieces(*bytes_, kLegacyMagic.size(), end_);
  PickleInput input(
      [&] { return pieces.next(); }, kLegacyMagic.size(), source_);
  index_pickle(input, 1);  // {'protocol_version': 1001, ...}
  begin_ = input.position();
}

std::unique_ptr<Pickle> TorchFile::stream(
    int level,
    std::span<const std::string_view> allowed,
    const RecordVisitor& visit,
    const std::function<void(std::size_t, std::size_t)>& progress) const {
  Pieces first(*bytes_, begin_, end_);
  PickleInput scanned([&] { return first.next(); }, begin_, source_);
  const PickleIndex index = index_pickle(scanned, level);
  if (archive_) {
    while (!first.next().empty()) continue;
    archive_->check(*archive_->find("data.pkl"), first.crc());
  }
  Pieces second(*bytes_, begin_, end_);
  PickleInput input([&] { return second.next(); }, begin_, source_);
  std::size_t done = 0;
  return stream_pickle(
      input,
      index,
      allowed,
      [&](std::span<const PickleValue> keys, const PickleValue& record) {
        const bool taken = visit(keys, record);
        progress(++done, index.records.size());
        return taken;
      });
}

}  // namespace zcp::formats
