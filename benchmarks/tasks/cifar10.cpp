// CIFAR-10: 50,000 training images of 10 classes, from its binary batches.
#include <algorithm>

#include "benchmarks/formats/files.h"
#include "benchmarks/tasks/all.h"
#include "benchmarks/tasks/cifar.h"
#include "common/error.h"

namespace zcp::tasks {
namespace {

const Normalisation kNormalisation = {
    {0.4914F, 0.4822F, 0.4465F},
    {0.2470F, 0.2435F, 0.2616F},
    4};

bool is_training_batch(const std::filesystem::path& path) {
  return path.extension() == ".bin" &&
         path.filename().string().starts_with("data_batch_");
}

std::vector<std::filesystem::path> training_batches(
    const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (is_training_batch(entry.path())) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

ImageSet
read(const std::filesystem::path& folder, Split split, int, std::int64_t) {
  formats::require_folder(folder, cifar10().info.data_hint);
  if (split == Split::test) {
    const std::vector<std::filesystem::path> file = {folder / "test_batch.bin"};
    return read_cifar(file, kCifar10Layout);
  }
  const auto files = training_batches(folder);
  if (files.empty()) {
    throw UserError(
        "{}: found no data_batch_*.bin, expected {}",
        folder.string(),
        cifar10().info.data_hint);
  }
  return read_cifar(files, kCifar10Layout);
}

}  // namespace

TaskSource cifar10() {
  return {
      {"cifar10",
       "photographs of 10 kinds of things",
       {3, 32, 32},
       10,
       true,
       "normalise by mean 0.4914 0.4822 0.4465 std 0.247 0.2435 0.2616",
       "the folder cifar-10-batches-bin of the official binary version "
       "(https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz)",
       ""},
      nullptr,
      ImageSource{read, kNormalisation}};
}

}  // namespace zcp::tasks
