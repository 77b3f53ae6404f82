#include <zlib.h>

#include <numeric>

#include "benchmarks/tasks/all.h"
#include "benchmarks/tasks/idx.h"
#include "benchmarks/tasks/task.h"
#include "tests/support/make_idx.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::tasks;
using zcp::test::TemporaryFolder;
using zcp::test::user_error;

namespace {

constexpr int kPixels = 28 * 28;
const std::string kImages = "train-images-idx3-ubyte";
const std::string kLabels = "train-labels-idx1-ubyte";

std::string image_file(int count) {
  return zcp::test::idx_images(count, [](int i, int) { return i * 10; });
}

std::string label_file(int count) {
  return zcp::test::idx_labels(count);
}

void write_gzip(const std::filesystem::path& path, const std::string& bytes) {
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
}

}  // namespace

TEST_CASE("fashion-mnist: compressed and plain files give the same images") {
  const TemporaryFolder plain;
  plain.write(kImages, image_file(12));
  plain.write(kLabels, label_file(12));
  const TemporaryFolder packed;
  write_gzip(packed.path() / (kImages + ".gz"), image_file(12));
  write_gzip(packed.path() / (kLabels + ".gz"), label_file(12));
  const auto task = open_task("fashion-mnist", plain.path(), 1);
  const Minibatch batch = task->minibatch(0, 12);
  CHECK(batch.shape == Shape{1, 28, 28});
  for (std::size_t i = 0; i < 12; ++i) {
    const float value = batch.x[i * kPixels];
    const auto image =
        static_cast<int>(std::lround((value * 0.3530F + 0.2860F) * 25.5F));
    CHECK(batch.y[i] == image % 10);
  }
  const auto other = open_task("fashion-mnist", packed.path(), 1);
  CHECK(other->minibatch(0, 12).x == batch.x);
  CHECK(other->fingerprint() == task->fingerprint());
}

TEST_CASE("fashion-mnist: broken files say what and where") {
  const TemporaryFolder folder;
  const auto open = [&] { open_task("fashion-mnist", folder.path(), 0); };
  CHECK(
      user_error(open).find(kImages + ".gz: no such file") !=
      std::string::npos);
  folder.write(kLabels, label_file(3));
  folder.write(kImages, image_file(3).substr(0, 2000));
  CHECK(
      user_error(open).find("found 1984 bytes behind the header, expected 3 x "
                            "28 x 28 (a cut file?)") != std::string::npos);
  folder.write(kImages, image_file(3).substr(0, 7));
  CHECK(
      user_error(open).find("found 7 bytes, expected an IDX header of 16") !=
      std::string::npos);
  folder.write(kImages, label_file(30));
  CHECK(
      user_error(open).find("byte 0: found 0x00000801, expected 0x00000803") !=
      std::string::npos);
  folder.write(kImages, image_file(4));
  CHECK(
      user_error(open).find("found 4 images and 3 labels") !=
      std::string::npos);
  folder.write(kImages, image_file(3));
  std::string labels = label_file(3);
  labels.back() = '\x0b';
  folder.write(kLabels, labels);
  CHECK(
      user_error(open).find("label 2 (from 0): found 11, expected 0 to 9") !=
      std::string::npos);
}

TEST_CASE("fashion-mnist: a cut gzip file") {
  const TemporaryFolder folder;
  const auto path = folder.path() / (kImages + ".gz");
  write_gzip(path, image_file(20));
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 9);
  folder.write(kLabels, label_file(20));
  CHECK(user_error([&] {
          open_task("fashion-mnist", folder.path(), 0);
        }).find("compressed data are cut or broken") != std::string::npos);
}

TEST_CASE("fashion-mnist: Debian's files") {
  if (zcp::test::absent("/usr/share/datasets/fashion-mnist")) return;
  const ImageSet images = fashion_mnist().images->read(
      "/usr/share/datasets/fashion-mnist", Split::train, 0, 0);
  CHECK(images.size() == 60000);
  CHECK(
      std::accumulate(images.labels.begin(), images.labels.end(), 0L) ==
      270000);
  CHECK(
      std::accumulate(images.pixels.begin(), images.pixels.end(), 0L) ==
      3431114169L);
  CHECK(
      std::accumulate(
          images.pixels.begin(), images.pixels.begin() + kPixels, 0L) == 76247);
  CHECK(images.labels[0] == 9);
  const auto task = open_task("fashion-mnist", "", 0);
  CHECK(task->minibatch(900, 64).size == 64);
  CHECK(
      user_error([&] {
        task->minibatch(937, 64);
      }).find("the data hold 60000 images, 60032 were asked for") !=
      std::string::npos);
}
