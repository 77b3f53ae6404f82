#include "benchmarks/tasks/idx.h"

#include <fmt/ranges.h>

#include "benchmarks/formats/byte_order.h"
#include "common/error.h"

namespace zcp::tasks {
namespace {

constexpr std::size_t kWord = 4;

/// A big-endian 32-bit number.
std::uint32_t word_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint32_t>(
      formats::big_endian(bytes.substr(at, kWord)));
}

}  // namespace

IdxArray
parse_idx(std::string_view bytes, const std::string& source, int dimensions) {
  const std::size_t header = kWord * (1 + static_cast<std::size_t>(dimensions));
  if (bytes.size() < header) {
    throw UserError(
        "{}: found {} bytes, expected an IDX header of {}",
        source,
        bytes.size(),
        header);
  }
  const std::uint32_t expected = 0x800U + static_cast<unsigned>(dimensions);
  if (word_at(bytes, 0) != expected) {
    throw UserError(
        "{}: byte 0: found {:#010x}, expected {:#010x} (IDX, unsigned bytes, "
        "{} dimensions)",
        source,
        word_at(bytes, 0),
        expected,
        dimensions);
  }
  IdxArray array{{}, bytes.substr(header)};
  // Compared by division: the product of lying sizes may overflow.
  std::size_t rest = array.bytes.size();
  bool fits = true;
  for (std::size_t at = kWord; at < header; at += kWord) {
    const std::uint32_t size = word_at(bytes, at);
    array.sizes.push_back(size);
    fits = fits && size > 0 && rest % size == 0;
    if (fits) rest /= size;
  }
  if (fits && rest == 1) return array;
  throw UserError(
      "{}: found {} bytes behind the header, expected {} (a cut file?)",
      source,
      array.bytes.size(),
      fmt::join(array.sizes, " x "));
}

ImageSet join_idx(
    const IdxArray& images,
    const IdxArray& labels,
    int classes,
    const std::string& source) {
  if (images.sizes.at(0) != labels.sizes.at(0)) {
    throw UserError(
        "{}: found {} images and {} labels, expected as many",
        source,
        images.sizes[0],
        labels.sizes[0]);
  }
  ImageSet set;
  set.shape = {
      1,
      static_cast<int>(images.sizes.at(1)),
      static_cast<int>(images.sizes.at(2))};
  set.pixels.assign(images.bytes.begin(), images.bytes.end());
  for (std::size_t i = 0; i < labels.bytes.size(); ++i) {
    const auto label = static_cast<unsigned char>(labels.bytes[i]);
    if (label >= classes) {
      throw UserError(
          "{}: label {} (from 0): found {}, expected 0 to {}",
          source,
          i,
          label,
          classes - 1);
    }
    set.labels.push_back(label);
  }
  return set;
}

}  // namespace zcp::tasks
