// CIFAR-100: 50,000 training images of 100 classes, from its binary file.
#include "benchmarks/formats/files.h"
#include "benchmarks/tasks/all.h"
#include "benchmarks/tasks/cifar.h"

namespace zcp::tasks {
namespace {

/// As AutoDL-Projects (NATS-Bench) has them.
const Normalisation kNormalisation = {
    {0.5071F, 0.4867F, 0.4408F},
    {0.2675F, 0.2565F, 0.2761F},
    4};

ImageSet
read(const std::filesystem::path& folder, Split split, int, std::int64_t) {
  formats::require_folder(folder, cifar100().info.data_hint);
  const std::vector<std::filesystem::path> file = {
      folder / (split == Split::train ? "train.bin" : "test.bin")};
  return read_cifar(file, kCifar100Layout);
}

}  // namespace

TaskSource cifar100() {
  return {
      {"cifar100",
       "photographs of 100 kinds of things (fine labels)",
       {3, 32, 32},
       100,
       true,
       "normalise by mean 0.5071 0.4867 0.4408 std 0.2675 0.2565 0.2761",
       "the folder cifar-100-binary of the official binary version "
       "(https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz)",
       ""},
      nullptr,
      ImageSource{read, kNormalisation}};
}

}  // namespace zcp::tasks
