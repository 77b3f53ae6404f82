#include <numeric>

#include "benchmarks/tasks/task.h"
#include "benchmarks/tasks/tensor_file.h"
#include "tests/support/make_tensors.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::formats;
using namespace zcp::tasks;
using zcp::test::make_tensors;
using zcp::test::pickled_tensor;
using zcp::test::user_error;

namespace {

std::vector<float> counted(int count) {
  std::vector<float> values(static_cast<std::size_t>(count));
  std::iota(values.begin(), values.end(), 0.0F);
  return values;
}

/// Three images of 2x2x1 in row-major order.
std::string good_file() {
  return make_tensors(
      pickled_tensor("FloatStorage", "0", {3, 2, 2, 1}, {4, 2, 1, 1}),
      counted(12),
      {0, 4, 1});
}

std::string error_of(const std::string& bytes, int classes = 0) {
  return user_error(
      [&] { parse_tensors(bytes_in_memory(bytes), "t.pt", classes); });
}

}  // namespace

TEST_CASE("tensors: minibatches are slices in file order") {
  const zcp::test::TemporaryFolder folder;
  const auto path = folder.write("t.pt", good_file());
  const auto task = open_task("tensors", path, 5);
  CHECK(task->info().shape == Shape{2, 2, 1});
  CHECK(task->info().classes == 5);
  CHECK(task->minibatch(1, 1).x == std::vector<float>{4, 5, 6, 7});
  CHECK(task->minibatch(0, 3).y == std::vector<std::int64_t>{0, 4, 1});
  CHECK(
      open_task("tensors", path, 5, Transform::normalise, 10)->info().classes ==
      10);
  CHECK(
      user_error([&] {
        task->minibatch(1, 2);
      }).find("the data hold 3 images, 4 were asked for") != std::string::npos);
  CHECK(user_error([&] {
          open_task("tensors", path, 0, Transform::augment);
        }) == "task 'tensors' takes its images as they are");
}

TEST_CASE("tensors: channels-last strides are undone") {
  const TensorFile file = parse_tensors(
      bytes_in_memory(make_tensors(
          pickled_tensor("FloatStorage", "0", {1, 2, 2, 2}, {8, 1, 4, 2}),
          counted(8),
          {0})),
      "t.pt",
      0);
  CHECK(file.x == std::vector<float>{0, 2, 4, 6, 1, 3, 5, 7});
}

TEST_CASE("tensors: what the file must not be") {
  const auto x = [](const std::vector<int>& sizes,
                    const std::vector<int>& strides,
                    const std::string& type = "FloatStorage") {
    return make_tensors(
        pickled_tensor(type, "0", sizes, strides), counted(12), {0, 4, 1});
  };
  CHECK(
      error_of("") == "t.pt: found no zip archive, expected one (a cut file?)");
  CHECK(error_of(good_file().substr(0, good_file().size() - 30))
            .starts_with("t.pt: found"));
  CHECK(
      error_of(x({3, 4}, {4, 1}))
          .find("found 'x' of shape [3,4] and 'y' of [3], expected [N,C,H,W] "
                "and [N]") != std::string::npos);
  CHECK(
      error_of(x({2, 2, 2, 1}, {4, 2, 1, 1}))
          .find("found 'x' of shape [2,2,2,1]") != std::string::npos);
  CHECK(
      error_of(x({3, 2, 2, 1}, {4, 2, 1, 1}, "DoubleStorage")) ==
      "t.pt: found 'x' in a torch.DoubleStorage, expected float32 (x.float())");
  CHECK(
      error_of(x({3, 2, 2, 2}, {4, 2, 1, 1}))
          .find("does not fit its 12 stored elements") != std::string::npos);
  CHECK(
      error_of(x({3, 2, 2, 1}, {4, 2, -1, 1})).find("does not fit") !=
      std::string::npos);
  CHECK(
      error_of(x({0, 2, 2, 1}, {4, 2, 1, 1})).find("does not fit") !=
      std::string::npos);
  CHECK(
      error_of(good_file(), 4) ==
      "t.pt: 'y'[1]: found label 4, expected 0 to 3");
  std::string broken = good_file();
  broken[broken.find("mine/data/0") + 12] ^= 1;
  CHECK(
      error_of(broken).find("entry 'mine/data/0': found checksum") !=
      std::string::npos);
  CHECK(
      error_of(zcp::test::make_zip({{"a/data.pkl", "\x80\2cos\nsystem\n."}}))
          .find("found the Python name 'os.system', which is refused") !=
      std::string::npos);
  CHECK(
      error_of(zcp::test::make_zip({{"a/data.pkl", "\x80\2}."}})) ==
      "t.pt: found a dict, expected one with the key 'x'");
  CHECK(
      error_of(zcp::test::make_zip({{"a/b", ""}}))
          .find("found no entry 'data.pkl'") != std::string::npos);
}

TEST_CASE("tensors: a file of torch.save") {
  const auto path = zcp::test::shared("golden/batch.pt");
  if (zcp::test::absent(path)) return;
  const auto task = open_task("tensors", path, 0);
  CHECK(task->info().shape == Shape{3, 32, 32});
  CHECK(task->info().classes == 10);
  const Minibatch batch = task->minibatch(0, 64);
  // As python3 -c "torch.load('batch.pt')" prints them.
  const auto at = [&](int n, int c, int h, int w) {
    return batch.x[static_cast<std::size_t>(((n * 3 + c) * 32 + h) * 32 + w)];
  };
  CHECK(at(0, 0, 0, 0) == -1.052742839F);
  CHECK(at(0, 1, 2, 3) == -1.175037146F);
  CHECK(at(63, 2, 31, 31) == -1.391999602F);
  CHECK(
      std::vector(batch.y.begin(), batch.y.begin() + 5) ==
      std::vector<std::int64_t>{6, 9, 9, 4, 1});
  const Minibatch second = task->minibatch(1, 32);
  CHECK(second.x[5 * 32 + 7] == -1.544923425F);
  CHECK(second.y[0] == 1);
  double sum = 0.0;
  for (const float value : batch.x) sum += double{value};
  CHECK(sum == doctest::Approx(-14788.163851152));
}
