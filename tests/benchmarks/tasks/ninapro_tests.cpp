#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

#include "benchmarks/tasks/task.h"
#include "tests/support/make_tensors.h"
#include "tests/support/temporary.h"

using namespace zcp;
using namespace zcp::tasks;
using namespace zcp::test;
using namespace std::string_literals;

namespace {

/// A file of numpy.save.
std::string npy(
    const std::string& type,
    const std::string& shape,
    const std::string& elements) {
  const std::string header = fmt::format(
      "{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}\n",
      type,
      shape);
  return "\x93NUMPY\1\0"s + little_endian(header.size(), 2) + header + elements;
}

/// Element (n, step, electrode) is 1000 n + 16 step + electrode.
std::string signals(int count) {
  std::vector<double> values;
  for (int n = 0; n < count; ++n) {
    for (int i = 0; i < 52 * 16; ++i) values.push_back(1000.0 * n + i);
  }
  return npy("<f8", fmt::format("{}, 52, 16", count), raw(values));
}

std::string labels(const std::vector<std::int64_t>& values) {
  return npy("<i8", fmt::format("{},", values.size()), raw(values));
}

}  // namespace

TEST_CASE("ninapro: electrodes x steps, labels by example") {
  const TemporaryFolder folder;
  folder.write("ninapro_train.npy", signals(3));
  folder.write("label_train.npy", labels({17, 0, 5}));
  const auto task = open_task("ninapro", folder.path(), 4);
  CHECK(task->info().shape == Shape{1, 16, 52});
  CHECK(task->info().classes == 18);
  const Minibatch batch = task->minibatch(0, 3);
  CHECK(batch.x.size() == 3 * 16 * 52);
  std::vector<std::int64_t> seen;
  for (std::size_t i = 0; i < 3; ++i) {
    const float* x = batch.x.data() + i * 16 * 52;
    const auto n = static_cast<std::size_t>(x[0] / 1000.0F);
    seen.push_back(batch.y[i]);
    CHECK(batch.y[i] == std::vector<std::int64_t>{17, 0, 5}[n]);
    for (int electrode = 0; electrode < 16; ++electrode) {
      for (int step = 0; step < 52; ++step) {
        const float expected = 1000.0F * static_cast<float>(n) +
                               static_cast<float>(16 * step + electrode);
        REQUIRE(x[electrode * 52 + step] == expected);
      }
    }
  }
  std::ranges::sort(seen);
  CHECK(seen == std::vector<std::int64_t>{0, 5, 17});
  CHECK(task->minibatch(0, 2).size == 2);
  CHECK(user_error([&] {
          task->minibatch(1, 2);
        }).find("the data hold 3 images") != std::string::npos);
}

TEST_CASE("ninapro: what the files must not be") {
  const TemporaryFolder folder;
  const auto error = [&] {
    const std::string text =
        user_error([&] { open_task("ninapro", folder.path(), 0); });
    return text.substr(std::min(text.size(), folder.path().string().size()));
  };
  CHECK(error() == "/ninapro_train.npy: no such file");
  folder.write("ninapro_train.npy", signals(3));
  CHECK(error() == "/label_train.npy: no such file");
  folder.write("label_train.npy", labels({1, 2}));
  CHECK(
      error() == "/label_train.npy: found an array of shape [2], expected [3]");
  folder.write("label_train.npy", labels({1, 18, 2}));
  CHECK(
      error() ==
      "/label_train.npy: element 1: found label 18, expected 0 to 17");
  folder.write("ninapro_train.npy", labels({1, 2, 3}));
  CHECK(
      error() ==
      "/ninapro_train.npy: found an array of shape [3], expected [N,52,16]");
  folder.write("ninapro_train.npy", signals(3).substr(0, 5000));
  CHECK(error().find("(a cut file?)") < 150);
  CHECK(user_error([&] {
          open_task("ninapro", folder.path(), 0, Transform::augment);
        }) == "task 'ninapro' takes its signals as they are");
}
