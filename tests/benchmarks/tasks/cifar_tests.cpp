#include <algorithm>
#include <set>

#include "benchmarks/tasks/all.h"
#include "benchmarks/tasks/cifar.h"
#include "benchmarks/tasks/task.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::tasks;
using zcp::test::TemporaryFolder;
using zcp::test::user_error;

namespace {

constexpr int kPixels = 3 * 32 * 32;

/// `count` records whose image i has label i % classes and pixels that depend
/// on the image and the place.
std::string records(int count, int classes, int labels = 1) {
  std::string bytes;
  for (int image = 0; image < count; ++image) {
    if (labels == 2) bytes.push_back(char{9});
    bytes.push_back(static_cast<char>(image % classes));
    for (int place = 0; place < kPixels; ++place) {
      bytes.push_back(static_cast<char>((image * 7 + place) % 251));
    }
  }
  return bytes;
}

float normalised(int pixel, float mean, float deviation) {
  return (static_cast<float>(pixel) / 255.0F - mean) / deviation;
}

}  // namespace

TEST_CASE("cifar10: every batch present, in the order of their names") {
  const TemporaryFolder folder;
  folder.write("data_batch_2.bin", records(2, 1));
  folder.write("data_batch_1.bin", records(3, 10));
  folder.write("test_batch.bin", records(1, 10));
  const ImageSet images =
      cifar10().images->read(folder.path(), Split::train, 0, 0);
  CHECK(images.labels == std::vector<std::int64_t>{0, 1, 2, 0, 0});
  CHECK(images.pixels[1 * kPixels + 5] == 12);
  CHECK(cifar10().images->read(folder.path(), Split::test, 0, 0).size() == 1);
}

TEST_CASE("cifar10: minibatches partition one shuffle by the seed") {
  const TemporaryFolder folder;
  folder.write("data_batch_1.bin", records(30, 10));
  const auto task = open_task("cifar10", folder.path(), 3);
  std::multiset<float> firsts;
  std::vector<std::int64_t> labels;
  for (int i = 0; i < 3; ++i) {
    const Minibatch batch = task->minibatch(i, 10);
    labels.insert(labels.end(), batch.y.begin(), batch.y.end());
    for (int image = 0; image < 10; ++image) {
      firsts.insert(batch.x[static_cast<std::size_t>(image * kPixels)]);
    }
  }
  std::multiset<float> expected;
  for (int i = 0; i < 30; ++i)
    expected.insert(normalised(i * 7, 0.4914F, 0.2470F));
  CHECK(firsts == expected);
  CHECK_FALSE(std::ranges::is_sorted(labels));

  // The first images are the same whatever the size of a minibatch.
  const Minibatch five = task->minibatch(1, 5);
  const Minibatch ten = task->minibatch(0, 10);
  CHECK(std::equal(five.x.begin(), five.x.end(), ten.x.begin() + 5 * kPixels));
  CHECK(open_task("cifar10", folder.path(), 3)->minibatch(0, 10).x == ten.x);
  CHECK(open_task("cifar10", folder.path(), 4)->minibatch(0, 10).x != ten.x);
}

TEST_CASE("cifar10: running out of images") {
  const TemporaryFolder folder;
  folder.write("data_batch_1.bin", records(30, 10));
  const auto task = open_task("cifar10", folder.path(), 0);
  CHECK(
      user_error([&] { task->minibatch(1, 16); }) ==
      "task 'cifar10': the data hold 30 images, 32 were asked for (minibatch 1 "
      "of size 16); take fewer or smaller minibatches");
  CHECK_THROWS_AS(task->minibatch(-1, 16), std::invalid_argument);
}

TEST_CASE("cifar10: augmentation moves and mirrors within a black border") {
  const TemporaryFolder folder;
  folder.write(
      "data_batch_1.bin", std::string(1, '\3') + std::string(kPixels, '\xff'));
  const float black = normalised(0, 0.4914F, 0.2470F);
  std::set<std::size_t> borders;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const auto task =
        open_task("cifar10", folder.path(), seed, Transform::augment);
    const Minibatch batch = task->minibatch(0, 1);
    const auto end = batch.x.begin() + 32 * 32;
    borders.insert(
        static_cast<std::size_t>(std::count(batch.x.begin(), end, black)));
    CHECK(task->minibatch(0, 1).x == batch.x);
  }
  CHECK(borders.size() > 10);
  CHECK(*borders.rbegin() <= 32 * 32 - 28 * 28);
  const auto plain = open_task("cifar10", folder.path(), 0);
  const auto augmented =
      open_task("cifar10", folder.path(), 0, Transform::augment);
  CHECK(plain->fingerprint() != augmented->fingerprint());
  CHECK(
      augmented->info().transform.starts_with("mirror, crop with padding 4, "));
}

TEST_CASE("cifar10: broken files name the byte") {
  const TemporaryFolder folder;
  const auto open = [&] { open_task("cifar10", folder.path(), 0); };
  CHECK(
      user_error(open).find("found no data_batch_*.bin, expected") !=
      std::string::npos);
  const auto file =
      folder.write("data_batch_1.bin", records(2, 10).substr(0, 4000));
  CHECK(
      user_error(open) == file.string() +
                              ": found 4000 bytes, expected a multiple of 3073 "
                              "(a cut file? it ends 927 bytes into image 1)");
  std::string bytes = records(2, 10);
  bytes[3073] = '\x0a';
  folder.write("data_batch_1.bin", bytes);
  CHECK(
      user_error(open) ==
      file.string() + ": byte 3073: found label 10, expected 0 to 9");
  folder.write("data_batch_1.bin", "");
  CHECK(user_error(open).find("found 0 bytes") != std::string::npos);
}

TEST_CASE("cifar100: the fine label counts") {
  const TemporaryFolder folder;
  folder.write("train.bin", records(3, 100, 2));
  const auto task = open_task("cifar100", folder.path(), 0);
  std::vector<std::int64_t> labels = task->minibatch(0, 3).y;
  std::ranges::sort(labels);
  CHECK(labels == std::vector<std::int64_t>{0, 1, 2});
  CHECK(task->info().classes == 100);
}

TEST_CASE("cifar10: real images are those that PyTorch normalised") {
  const auto folder = zcp::test::shared("data/cifar-10-batches-bin");
  const auto golden = zcp::test::shared("golden/batch.pt");
  if (zcp::test::absent(folder) || zcp::test::absent(golden)) return;
  const auto task = open_task("cifar10", folder, 0);
  const Minibatch all = task->minibatch(0, 4000);
  const Minibatch torch = open_task("tensors", golden, 0)->minibatch(0, 64);
  // batch.pt holds the first 64 images: each is among ours, bit for bit.
  const auto same = [&](int ours, int theirs) {
    const auto* a = all.x.data() + std::ptrdiff_t{ours} * kPixels;
    const auto* b = torch.x.data() + std::ptrdiff_t{theirs} * kPixels;
    return std::equal(a, a + kPixels, b);
  };
  for (int theirs = 0; theirs < 64; ++theirs) {
    int ours = 0;
    while (ours < 4000 && !same(ours, theirs)) ++ours;
    REQUIRE(ours < 4000);
    CHECK(
        all.y[static_cast<std::size_t>(ours)] ==
        torch.y[static_cast<std::size_t>(theirs)]);
  }
  double sum = 0.0;
  for (const float value : all.x) sum += double{value};
  CHECK(sum == doctest::Approx(-33012.908931302));
}
