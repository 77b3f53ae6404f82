// ImageNet16-120: the first 120 classes of ImageNet at 16 x 16, from the
// pickled batches of the downsampled ImageNet.
#include <fmt/ranges.h>

#include "benchmarks/formats/files.h"
#include "benchmarks/formats/numpy_pickle.h"
#include "benchmarks/formats/pickle.h"
#include "benchmarks/tasks/all.h"
#include "benchmarks/tasks/imagenet16.h"
#include "common/error.h"

namespace zcp::tasks {
namespace {

constexpr Shape kShape = {3, 16, 16};
constexpr std::size_t kPixels = std::size_t{3} * 16 * 16;
constexpr int kClasses = 120;

/// As AutoDL-Projects (NATS-Bench) has them, there in 1/255.
const Normalisation kNormalisation = {
    {122.68F / 255.0F, 116.66F / 255.0F, 104.01F / 255.0F},
    {63.22F / 255.0F, 61.26F / 255.0F, 65.09F / 255.0F},
    2};

std::vector<std::filesystem::path> batch_files(
    const std::filesystem::path& folder,
    Split split) {
  if (split == Split::test) return {folder / "val_data"};
  std::vector<std::filesystem::path> files;
  for (int number = 1; number <= 10; ++number) {
    const auto file = folder / fmt::format("train_data_batch_{}", number);
    if (std::filesystem::exists(file)) files.push_back(file);
  }
  if (files.empty()) {
    throw UserError(
        "{}: found no train_data_batch_1 to 10, expected {}",
        folder.string(),
        imagenet16_120().info.data_hint);
  }
  return files;
}

ImageSet
read(const std::filesystem::path& folder, Split split, int, std::int64_t) {
  formats::require_folder(folder, imagenet16_120().info.data_hint);
  ImageSet images;
  for (const auto& file : batch_files(folder, split)) {
    append_imagenet16(
        formats::read_bytes(file), file.string(), kClasses, images);
  }
  return images;
}

}  // namespace

void append_imagenet16(
    std::string bytes,
    const std::string& source,
    int classes,
    ImageSet& images) {
  const formats::Pickle pickle(
      std::move(bytes), source, formats::kNumpyArrayNames);
  const formats::PickleValue labels = pickle.root().at("labels");
  const formats::ByteArray data(pickle.root().at("data"));
  if (data.shape() != std::vector<std::int64_t>{
                          static_cast<std::int64_t>(labels.size()),
                          static_cast<std::int64_t>(kPixels)}) {
    throw UserError(
        "{}: found data of shape [{}] and {} labels, expected [N,{}] and N",
        source,
        fmt::join(data.shape(), ","),
        labels.size(),
        kPixels);
  }
  images.shape = kShape;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::int64_t label = labels.item(i).integer();
    if (label < 1 || label > 1000) {
      labels.item(i).refuse(fmt::format("a label of 1 to 1000, not {}", label));
    }
    if (label > classes) continue;
    images.labels.push_back(label - 1);
    const std::string_view image = data.bytes().substr(i * kPixels, kPixels);
    images.pixels.insert(images.pixels.end(), image.begin(), image.end());
  }
}

TaskSource imagenet16_120() {
  return {
      {"imagenet16-120",
       "photographs of the first 120 kinds of things of ImageNet",
       kShape,
       kClasses,
       true,
       "normalise by mean 0.4811 0.4575 0.4079 std 0.2479 0.2402 0.2553",
       "the folder ImageNet16 of the pickled batches train_data_batch_1 to 10 "
       "(NATS-Bench's data, https://github.com/D-X-Y/AutoDL-Projects)",
       ""},
      nullptr,
      ImageSource{read, kNormalisation}};
}

}  // namespace zcp::tasks
