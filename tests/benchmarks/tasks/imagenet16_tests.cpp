#include <algorithm>

#include "benchmarks/tasks/all.h"
#include "benchmarks/tasks/imagenet16.h"
#include "benchmarks/tasks/task.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::tasks;
using namespace std::string_literals;
using zcp::test::user_error;

namespace {

constexpr int kPixels = 3 * 16 * 16;

std::string word(int value) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) {
    bytes += static_cast<char>(value >> shift);
  }
  return bytes;
}

/// A batch as Python 3 pickles {'data': uint8 [N,768], 'labels': [...]} by
/// protocol 2 (bytes as Latin-1 text) or 3. Image i has the pixels i + 120.
std::string
batch(const std::vector<int>& labels, int protocol, int width = kPixels) {
  const auto count = static_cast<int>(labels.size());
  std::string pixels;
  for (int i = 0; i < count; ++i) {
    const auto pixel = static_cast<unsigned char>(i + 120);
    for (int place = 0; place < kPixels; ++place) {
      if (protocol == 2 && pixel >= 0x80) {
        pixels += static_cast<char>(0xc0 | pixel >> 6);
        pixels += static_cast<char>(0x80 | (pixel & 0x3f));
      } else {
        pixels += static_cast<char>(pixel);
      }
    }
  }
  std::string program = "\x80"s + static_cast<char>(protocol) + "}(";
  program += "X\4\0\0\0datacnumpy.core.multiarray\n_reconstruct\n"s;
  program += "cnumpy\nndarray\nK\0\x85X\1\0\0\0b\x87R"s;
  program += "(K\1J" + word(count) + "J" + word(width) + "\x86";
  program +=
      "cnumpy\ndtype\nX\2\0\0\0u1\x89\x88\x87R"
      "(K\3X\1\0\0\0|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb\x89"s;
  if (protocol == 2) {
    program += "c_codecs\nencode\nX" + word(static_cast<int>(pixels.size())) +
               pixels + "X\6\0\0\0latin1\x86R"s;
  } else {
    program += "B" + word(static_cast<int>(pixels.size())) + pixels;
  }
  program += "tbX\6\0\0\0labels]("s;
  for (const int label : labels) program += "J" + word(label);
  program += "eu.";
  return program;
}

}  // namespace

TEST_CASE("imagenet16-120: the first 120 classes, whatever the protocol") {
  for (const int protocol : {2, 3}) {
    const zcp::test::TemporaryFolder folder;
    folder.write("train_data_batch_1", batch({1, 121, 120}, protocol));
    folder.write("train_data_batch_10", batch({7, 1000}, protocol));
    folder.write("train_data_batch_2", batch({9}, protocol));
    folder.write("val_data", batch({3}, protocol));
    const ImageSet images =
        imagenet16_120().images->read(folder.path(), Split::train, 0, 0);
    CHECK(images.labels == std::vector<std::int64_t>{0, 119, 8, 6});
    CHECK(images.pixels[0] == 120);
    CHECK(images.pixels[kPixels] == 122);
    CHECK(images.pixels.size() == 4 * kPixels);
    CHECK(
        imagenet16_120()
            .images->read(folder.path(), Split::test, 0, 0)
            .labels[0] == 2);
    const Minibatch all =
        open_task("imagenet16-120", folder.path(), 0)->minibatch(0, 4);
    CHECK(all.shape == Shape{3, 16, 16});
    const float value =
        (122.0F / 255.0F - 122.68F / 255.0F) / (63.22F / 255.0F);
    CHECK(std::ranges::count(all.x, value) == 256);
  }
}

TEST_CASE("imagenet16-120: what the files must not be") {
  const auto error_of = [](const std::string& bytes) {
    return user_error([&] {
      ImageSet images;
      append_imagenet16(bytes, "b", 120, images);
    });
  };
  CHECK(
      error_of(batch({1, 2}, 3).substr(0, 900)).find("(a cut file?)") !=
      std::string::npos);
  CHECK(
      error_of(batch({1, 2}, 3, 767)).find("a shape that fits its bytes") !=
      std::string::npos);
  CHECK(
      error_of(batch({1, 2}, 3, 384)).find("a shape that fits its bytes") !=
      std::string::npos);
  CHECK(
      error_of(batch({0}, 3)) ==
      "b: found an integer, expected a label of 1 to 1000, not 0");
  CHECK(
      error_of("\x80\x02}.") ==
      "b: found a dict, expected one with the key 'labels'");
  const zcp::test::TemporaryFolder folder;
  CHECK(user_error([&] {
          open_task("imagenet16-120", folder.path(), 0);
        }).find("found no train_data_batch_1 to 10") != std::string::npos);
}
