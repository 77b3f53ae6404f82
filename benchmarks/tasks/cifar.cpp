#include "benchmarks/tasks/cifar.h"

#include "benchmarks/formats/files.h"
#include "common/error.h"

namespace zcp::tasks {
namespace {

constexpr Shape kShape = {3, 32, 32};
constexpr std::size_t kPixels = std::size_t{3} * 32 * 32;

}  // namespace

void append_cifar(
    std::string_view bytes,
    const std::string& source,
    const CifarLayout& layout,
    ImageSet& images) {
  const auto labels = static_cast<std::size_t>(layout.labels);
  const std::size_t record = labels + kPixels;
  if (bytes.empty() || bytes.size() % record != 0) {
    throw UserError(
        "{}: found {} bytes, expected a multiple of {} (a cut file? it ends "
        "{} bytes into image {})",
        source,
        bytes.size(),
        record,
        bytes.size() % record,
        bytes.size() / record);
  }
  images.shape = kShape;
  for (std::size_t at = 0; at < bytes.size(); at += record) {
    const std::size_t place = at + labels - 1;
    const auto label = static_cast<unsigned char>(bytes[place]);
    if (label >= layout.classes) {
      throw UserError(
          "{}: byte {}: found label {}, expected 0 to {}",
          source,
          place,
          label,
          layout.classes - 1);
    }
    images.labels.push_back(label);
    const std::string_view pixels = bytes.substr(at + labels, kPixels);
    images.pixels.insert(images.pixels.end(), pixels.begin(), pixels.end());
  }
}

ImageSet read_cifar(
    std::span<const std::filesystem::path> files,
    const CifarLayout& layout) {
  ImageSet images;
  for (const auto& file : files) {
    append_cifar(formats::read_bytes(file), file.string(), layout, images);
  }
  return images;
}

}  // namespace zcp::tasks
