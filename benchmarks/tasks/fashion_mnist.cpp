// Fashion-MNIST: 60,000 training images of 10 classes, from its IDX files.
#include "benchmarks/formats/files.h"
#include "benchmarks/tasks/all.h"
#include "benchmarks/tasks/idx.h"
#include "common/error.h"

namespace zcp::tasks {
namespace {

constexpr Shape kShape = {1, 28, 28};
constexpr int kClasses = 10;
const Normalisation kNormalisation = {{0.2860F}, {0.3530F}, 4};

/// No file of the data set is larger than 47 MB when unpacked.
constexpr std::size_t kLimit = std::size_t{1} << 28U;

/// `name`.gz in the folder, or `name` where that is absent and this is not.
std::filesystem::path find_file(
    const std::filesystem::path& folder,
    const std::string& name) {
  const auto compressed = folder / (name + ".gz");
  const auto plain = folder / name;
  const bool take_plain =
      !std::filesystem::exists(compressed) && std::filesystem::exists(plain);
  return take_plain ? plain : compressed;
}

ImageSet
read(const std::filesystem::path& folder, Split split, int, std::int64_t) {
  formats::require_folder(folder, fashion_mnist().info.data_hint);
  const std::string part = split == Split::train ? "train" : "t10k";
  const auto image_file = find_file(folder, part + "-images-idx3-ubyte");
  const auto label_file = find_file(folder, part + "-labels-idx1-ubyte");
  const std::string image_bytes = formats::read_gzip(image_file, kLimit);
  const std::string label_bytes = formats::read_gzip(label_file, kLimit);
  ImageSet set = join_idx(
      parse_idx(image_bytes, image_file.string(), 3),
      parse_idx(label_bytes, label_file.string(), 1),
      kClasses,
      label_file.string());
  if (set.shape != kShape) {
    throw UserError(
        "{}: found images of {}x{}, expected 28x28",
        image_file.string(),
        set.shape.height,
        set.shape.width);
  }
  return set;
}

}  // namespace

TaskSource fashion_mnist() {
  return {
      {"fashion-mnist",
       "grey pictures of 10 kinds of clothes",
       kShape,
       kClasses,
       true,
       "normalise by mean 0.286 std 0.353",
       "the folder of its idx files (Debian's package dataset-fashion-mnist "
       "puts them into /usr/share/datasets/fashion-mnist)",
       "/usr/share/datasets/fashion-mnist"},
      nullptr,
      ImageSource{read, kNormalisation}};
}

}  // namespace zcp::tasks
