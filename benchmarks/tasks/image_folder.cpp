// Photographs of one's own or of ImageNet: a folder a class, with PNG and JPEG
// files at 224 x 224.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "benchmarks/formats/files.h"
#include "benchmarks/tasks/all.h"
#include "benchmarks/tasks/class_folders.h"
#include "benchmarks/tasks/image_file.h"
#include "benchmarks/tasks/image_set.h"
#include "benchmarks/tasks/minibatch_order.h"
#include "common/error.h"
#include "common/hash.h"
#include "common/random.h"

namespace zcp::tasks {
namespace {

constexpr int kSide = 224;     // of the input
constexpr int kResized = 256;  // the shorter side before the crop
constexpr Shape kShape = {3, kSide, kSide};

/// ImageNet's, as torchvision's models have them.
constexpr std::array<float, 3> kMean = {0.485F, 0.456F, 0.406F};
constexpr std::array<float, 3> kDeviation = {0.229F, 0.224F, 0.225F};

/// Where the input lies in the resized image.
struct Window {
  int top = 0;
  int left = 0;
  bool mirrored = false;
};

/// Half of it, rounded to even as Python does.
int half(int pixels) {
  return static_cast<int>(std::nearbyint(pixels / 2.0));
}

Window central_window(const Photograph& image) {
  return {half(image.height - kSide), half(image.width - kSide), false};
}

Photograph read_photograph(const std::filesystem::path& path) {
  const std::string source = path.string();
  return resize_photograph(
      decode_photograph(formats::read_bytes(path), source), kResized, source);
}

/// Calls put(channel, byte) for each byte of the window, channel after channel,
/// row by row.
template <typename Put>
void each_byte(const Photograph& image, const Window& window, const Put& put) {
  for (std::size_t c = 0; c < kMean.size(); ++c) {
    for (int row = 0; row < kSide; ++row) {
      for (int column = 0; column < kSide; ++column) {
        const int y = window.top + row;
        const int x =
            window.left + (window.mirrored ? kSide - 1 - column : column);
        const auto pixel = static_cast<std::size_t>(y) *
                               static_cast<std::size_t>(image.width) +
                           static_cast<std::size_t>(x);
        put(c, image.rgb[3 * pixel + c]);
      }
    }
  }
}

/// The central crop as an image set of one.
ImageSet crop_of(const Photograph& image, std::int64_t label) {
  ImageSet one{kShape, {}, {label}};
  each_byte(image, central_window(image), [&](std::size_t, std::uint8_t byte) {
    one.pixels.push_back(byte);
  });
  return one;
}

/// Photographs of a split in memory, each reduced as it is read.
ImageSet read_folder(
    const std::filesystem::path& data,
    Split split,
    int resolution,
    std::int64_t count) {
  formats::require_folder(data, image_folder().info.data_hint);
  ClassFolders folders = list_class_folders(
      split_folder(data, split), image_folder().info.data_hint);
  if (split == Split::test &&
      list_class_folders(
          split_folder(data, Split::train), image_folder().info.data_hint)
              .classes != folders.classes) {
    throw UserError(
        "{}: the classes are {}, expected those of the training folder",
        split_folder(data, split).string(),
        fmt::join(folders.classes, ", "));
  }
  if (count > 0 && count < std::ssize(folders.examples)) {
    const auto order = shuffled_order(std::ssize(folders.examples), 0);
    std::vector<LabelledFile> chosen;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      chosen.push_back(folders.examples[static_cast<std::size_t>(order[i])]);
    }
    folders.examples = std::move(chosen);
  }
  ImageSet all;
  for (const LabelledFile& example : folders.examples) {
    ImageSet one = crop_of(read_photograph(example.path), example.label);
    if (resolution > 0) reduce_resolution(one, resolution);
    all.shape = one.shape;
    all.pixels.insert(all.pixels.end(), one.pixels.begin(), one.pixels.end());
    all.labels.push_back(example.label);
  }
  return all;
}

class ImageFolderTask : public Task {
 public:
  ImageFolderTask(
      TaskInfo info,
      ClassFolders folders,
      const OpenOptions& options)
      : info_(std::move(info)),
        folder_(options.data),
        folders_(std::move(folders)),
        seed_(options.seed),
        augmented_(options.transform == Transform::augment),
        order_(shuffled_order(std::ssize(folders_.examples), seed_)) {
    info_.classes = options.classes > 0
                        ? options.classes
                        : static_cast<int>(folders_.classes.size());
    info_.transform = fmt::format(
        "shorter side to {}, {}{} x {}, normalise by mean {} std {}",
        kResized,
        augmented_ ? "mirror, random crop " : "central crop ",
        kSide,
        kSide,
        fmt::join(kMean, " "),
        fmt::join(kDeviation, " "));
  }

  const TaskInfo& info() const override { return info_; }

  /// Files are read when their minibatch is asked for.
  Minibatch minibatch(int index, int batch_size) const override {
    const std::int64_t begin = minibatch_begin(
        info_.name, std::ssize(folders_.examples), index, batch_size);
    Minibatch batch{batch_size, kShape, {}, {}};
    for (std::int64_t i = begin; i < begin + batch_size; ++i) {
      const auto place = static_cast<std::size_t>(i);
      const LabelledFile& example =
          folders_.examples[static_cast<std::size_t>(order_[place])];
      const Photograph image = read_photograph(example.path);
      append_window(image, choose_window(image, place), batch.x);
      batch.y.push_back(example.label);
    }
    return batch;
  }

  /// Hash of the files' names and sizes: reading ImageNet takes an hour.
  std::string fingerprint() const override {
    std::uint64_t hash = hash64(info_.name + info_.transform);
    for (const LabelledFile& example : folders_.examples) {
      const auto size = std::filesystem::file_size(example.path);
      hash = hash_combine(
          hash,
          hash64(example.path.lexically_relative(folder_).string(), size));
    }
    return hash_hex(hash);
  }

 private:
  Window choose_window(const Photograph& image, std::size_t place) const {
    if (!augmented_) return central_window(image);
    const int down = image.height - kSide;
    const int right = image.width - kSide;
    const std::uint64_t seed = derive_seed(seed_, "task-augment", place);
    const auto draw = [&](const char* purpose, int bound) {
      std::array<std::int64_t, 1> number = {};
      fill_integers(number, bound, derive_seed(seed, purpose));
      return static_cast<int>(number[0]);
    };
    return {
        draw("crop-top", down + 1),
        draw("crop-left", right + 1),
        draw("mirror", 2) == 1};
  }

  static void append_window(
      const Photograph& image,
      const Window& window,
      std::vector<float>& out) {
    each_byte(image, window, [&](std::size_t channel, std::uint8_t byte) {
      const float value = static_cast<float>(byte) / 255.0F;
      out.push_back((value - kMean[channel]) / kDeviation[channel]);
    });
  }

  TaskInfo info_;
  std::filesystem::path folder_;
  ClassFolders folders_;
  std::uint64_t seed_;
  bool augmented_;
  std::vector<std::int64_t> order_;
};

std::unique_ptr<Task> open(const TaskInfo& info, const OpenOptions& options) {
  formats::require_folder(options.data, info.data_hint);
  ClassFolders folders = list_class_folders(
      split_folder(options.data, Split::train), info.data_hint);
  const int found = static_cast<int>(folders.classes.size());
  if (options.classes > 0 && options.classes < found) {
    throw UserError(
        "{}: found {} folders of classes, expected at most the {} asked for",
        options.data.string(),
        found,
        options.classes);
  }
  return std::make_unique<ImageFolderTask>(info, std::move(folders), options);
}

}  // namespace

TaskSource image_folder() {
  return {
      {"image-folder",
       "photographs at 224 x 224, a folder a class",
       kShape,
       0,
       true,
       "shorter side to 256, central crop 224 x 224, normalise by mean 0.485 "
       "0.456 0.406 std 0.229 0.224 0.225",
       "a folder with a folder of .png, .jpg or .jpeg files for each class, "
       "two or more (ImageNet's train, for instance), or one with such folders "
       "train and test (or val)",
       ""},
      open,
      ImageSource{
          read_folder,
          {{kMean.begin(), kMean.end()},
           {kDeviation.begin(), kDeviation.end()},
           kSide / 8}}};
}

}  // namespace zcp::tasks
