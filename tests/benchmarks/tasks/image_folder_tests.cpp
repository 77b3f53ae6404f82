#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "benchmarks/formats/files.h"
#include "benchmarks/tasks/image_file.h"
#include "benchmarks/tasks/task.h"
#include "benchmarks/tasks/training_data.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::formats;
using namespace zcp::tasks;
using namespace zcp::test;

namespace {

/// Files that Pillow wrote (tests/reference/make_formats.py).
std::string photo(const std::string& name) {
  return read_bytes(golden("formats/photo_" + name));
}

Photograph decoded(const std::string& name) {
  return decode_photograph(photo(name), name);
}

}  // namespace

TEST_CASE("image-folder: labels by folder, normalised central crops") {
  const TemporaryFolder folder;
  folder.write("cat/1.PNG", photo("rgb.png"));
  folder.write("cat/2.jpeg", photo("rgb.jpg"));
  folder.write("ant/photo.jpg", photo("grey.jpg"));
  folder.write("ant/notes.txt", "no image");
  folder.write("readme.txt", "no class");
  folder.write(".hidden/x.png", "no class");
  const auto task = open_task("image-folder", folder.path(), 3);
  CHECK(task->info().classes == 2);
  CHECK(task->info().shape == Shape{3, 224, 224});
  const Minibatch batch = task->minibatch(0, 3);
  CHECK(std::ranges::count(batch.y, 0) == 1);
  CHECK(std::ranges::count(batch.y, 1) == 2);
  // The PNG is resized from 40 x 30 to 341 x 256; the crop begins at (16, 58).
  const Photograph image = resize_photograph(decoded("rgb.png"), 256, "p");
  REQUIRE(image.width == 341);
  const auto expected =
      [&](int row, int column, std::size_t c, double mean, double deviation) {
        const auto pixel =
            static_cast<std::size_t>((16 + row) * 341 + 58 + column);
        return (image.rgb[3 * pixel + c] / 255.0 - mean) / deviation;
      };
  bool found = false;
  for (std::size_t i = 0; i < 3; ++i) {
    const float* x = batch.x.data() + i * 3 * 224 * 224;
    const bool here =
        std::abs(x[0] - expected(0, 0, 0, 0.485, 0.229)) < 1e-5 &&
        std::abs(x[224 * 224 + 5] - expected(0, 5, 1, 0.456, 0.224)) < 1e-5 &&
        std::abs(
            x[2 * 224 * 224 + 223 * 224 + 7] -
            expected(223, 7, 2, 0.406, 0.225)) < 1e-5;
    found = found || here;
  }
  CHECK(found);
  CHECK(
      open_task("image-folder", folder.path(), 3)->minibatch(0, 3).x ==
      batch.x);
  CHECK(
      open_task("image-folder", folder.path(), 0, Transform::normalise, 9)
          ->info()
          .classes == 9);
}

TEST_CASE("image-folder: random crops lie in the image") {
  const TemporaryFolder folder;
  folder.write("a/1.png", photo("rgb.png"));
  folder.write("b/1.png", photo("rgb.png"));
  const auto open = [&](std::uint64_t seed) {
    return open_task("image-folder", folder.path(), seed, Transform::augment);
  };
  const Minibatch batch = open(1)->minibatch(0, 2);
  CHECK(batch.x == open(1)->minibatch(0, 2).x);
  CHECK(batch.x != open(2)->minibatch(0, 2).x);
  const auto plain = open_task("image-folder", folder.path(), 1);
  CHECK(open(1)->fingerprint() != plain->fingerprint());
  CHECK(open(1)->fingerprint() == open(7)->fingerprint());
  folder.write("b/2.png", photo("grey.png"));
  CHECK(
      open_task("image-folder", folder.path(), 1)->fingerprint() !=
      plain->fingerprint());
}

TEST_CASE("image-folder: folders to train on and to test with") {
  const TemporaryFolder folder;
  for (const char* name : {"train/a/1.png", "train/a/2.png", "train/b/1.png"}) {
    folder.write(name, photo("rgb.png"));
  }
  folder.write("val/a/1.png", photo("grey.png"));
  TrainingDataOptions options;
  options.data = folder.path();
  options.resolution = 28;
  const auto refusal = [&] {
    return user_error([&] { open_training_data("image-folder", options); });
  };
  CHECK(refusal().find("val: found 1 folders") != std::string::npos);
  folder.write("val/b/1.png", photo("rgb.png"));
  const TrainingData data = open_training_data("image-folder", options);
  CHECK(data.train.size() == 3);
  CHECK(data.test.size() == 2);
  CHECK(data.info.classes == 2);
  CHECK(data.info.shape == Shape{3, 28, 28});
  // Each pixel is the mean of 8 x 8 of the whole resolution.
  const auto whole =
      open_task("image-folder", folder.path(), 3)->minibatch(0, 3);
  const auto small =
      open_task("image-folder", folder.path(), 3, Transform::normalise, 0, 28)
          ->minibatch(0, 3);
  CHECK(
      open_task("image-folder", folder.path(), 3, Transform::normalise, 0, 28)
          ->info()
          .classes == 2);
  options.train_size = 2;
  CHECK(open_training_data("image-folder", options).train.size() == 2);
  options.train_size = 4;
  CHECK(refusal().find("--train-images 4: found 3") != std::string::npos);
  options.train_size = 0;
  double sum = 0;
  for (std::size_t i = 0; i < 64; ++i) {
    sum += whole.x[(i / 8) * 224 + i % 8] / 64;
  }
  CHECK(std::abs(sum - small.x[0]) < 0.6 / 255 / 0.229);
  CHECK(small.y == whole.y);
  folder.write("val/c/1.png", photo("rgb.png"));
  CHECK(
      refusal().find("the classes are a, b, c, expected those of the") !=
      std::string::npos);
  const TemporaryFolder flat;
  flat.write("a/1.png", photo("rgb.png"));
  flat.write("b/1.png", photo("rgb.png"));
  options.data = flat.path();
  CHECK(refusal().find("found no folders train and test") != std::string::npos);
}

TEST_CASE("image-folder: what the folder must not be") {
  const TemporaryFolder folder;
  const auto error = [&] {
    return user_error([&] { open_task("image-folder", folder.path(), 0); });
  };
  CHECK(error().find("found 0 folders, expected a folder with") < 100);
  folder.write("a/1.png", photo("rgb.png"));
  CHECK(error().find("found 1 folders, expected a folder with") < 100);
  folder.write("b/1.txt", "");
  CHECK(error().find("b: found no .png, .jpg or .jpeg file") < 100);
  folder.write("b/1.png", "not a png");
  const auto task = open_task("image-folder", folder.path(), 0);
  CHECK(user_error([&] {
          task->minibatch(0, 2);
        }).ends_with("b/1.png: found neither a PNG nor a JPEG file"));
  CHECK(
      user_error([&] {
        open_task("image-folder", folder.path(), 0, Transform::normalise, 1);
      }).find("found 2 folders of classes, expected at most the 1 asked for") <
      100);
  CHECK(user_error([] {
          open_task("image-folder", "", 0);
        }).starts_with("task 'image-folder' needs --data: a folder with"));
}
