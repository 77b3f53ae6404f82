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

TEST_CASE("tensors: words are whole numbers, a text a row") {
  const auto file = [](const std::vector<std::int64_t>& words) {
    const std::string program =
        std::string("\x80\2}(X\1\0\0\0x", 10) +
        pickled_tensor("LongStorage", "0", {2, 3}, {3, 1}) +
        std::string("X\1\0\0\0y", 6) +
        pickled_tensor("LongStorage", "1", {2}, {1}) + "u.";
    return zcp::test::make_zip(
        {{"mine/data.pkl", program},
         {"mine/data/0", zcp::test::raw(words)},
         {"mine/data/1", zcp::test::raw(std::vector<std::int64_t>{1, 0})},
         {"mine/version", "3\n"}});
  };
  const zcp::test::TemporaryFolder folder;
  const auto path = folder.write("t.pt", file({4, 0, 30521, 7, 7, 7}));
  const auto task = open_task("tensors", path, 0);
  CHECK(task->info().shape == Shape{1, 3, 1});
  CHECK(task->info().vocabulary == 30522);
  const Minibatch second = task->minibatch(1, 1);
  CHECK(second.x == std::vector<float>{7, 7, 7});
  CHECK(second.vocabulary == 30522);
  CHECK_FALSE(second.noise);
  CHECK(
      error_of(file({4, -1, 2, 7, 7, 7})) ==
      "t.pt: 'x'[0][1]: found word -1, expected 0 to 16777215");
}

TEST_CASE("tensors: a mask hides words, in files of PyTorch and of NumPy") {
  // Two texts of three words, the last of the second one hidden; made by
  // tests/reference/make_formats.py.
  for (const char* name : {"tokens_masked.pt", "tokens_masked.npz"}) {
    CAPTURE(name);
    const auto task = open_task(
        "tensors", zcp::test::golden(std::string("formats/") + name), 0);
    CHECK(task->info().shape == Shape{1, 3, 1});
    CHECK(task->info().vocabulary == 7593);
    const Minibatch texts = task->minibatch(0, 2);
    CHECK(texts.x == std::vector<float>{101, 7592, 102, 101, 102, -1});
    CHECK(texts.y == std::vector<std::int64_t>{1, 0});
    CHECK(
        task->info().notes.front().find("hides 1 of 6 words") !=
        std::string::npos);
  }
  const auto images =
      open_task("tensors", zcp::test::golden("formats/images.npz"), 0);
  CHECK(images->info().shape == Shape{1, 3, 4});
  const Minibatch second = images->minibatch(1, 1);
  CHECK(second.x.front() == 1.5F);
  CHECK(second.x.back() == 23.0F / 8);
  CHECK(second.y == std::vector<std::int64_t>{0});
}

namespace {

/// Words [2, 3] with a further array `name` of the same shape.
std::string words_and(
    const std::string& name,
    const std::vector<std::int64_t>& values,
    const std::vector<int>& sizes = {2, 3}) {
  const auto text = [](const std::string& key) {
    return "X" + zcp::test::little_endian(key.size(), 4) + key;
  };
  const std::string program =
      "\x80\2}(" + text("x") +
      pickled_tensor("LongStorage", "0", {2, 3}, {3, 1}) + text("y") +
      pickled_tensor("LongStorage", "1", {2}, {1}) + text(name) +
      pickled_tensor("LongStorage", "2", sizes, {sizes[1], 1}) + "u.";
  return zcp::test::make_zip(
      {{"mine/data.pkl", program},
       {"mine/data/0",
        zcp::test::raw(std::vector<std::int64_t>{4, 0, 9, 7, 7, 7})},
       {"mine/data/1", zcp::test::raw(std::vector<std::int64_t>{1, 0})},
       {"mine/data/2", zcp::test::raw(values)}});
}

}  // namespace

TEST_CASE("tensors: masks and types of words that are refused") {
  const std::vector<std::int64_t> ones(6, 1);
  CHECK_FALSE(parse_tensors(bytes_in_memory(words_and("mask", ones)), "t.pt", 0)
                  .masked);
  CHECK(
      error_of(words_and("mask", {1, 1, 1, 1, 2, 1})) ==
      "t.pt: 'mask'[1][1]: found 2, expected 1 for a word that is seen or 0 "
      "for "
      "one that is hidden");
  CHECK(
      error_of(words_and("attention_mask", {1, 1, 1, 0, 0, 0})) ==
      "t.pt: 'attention_mask'[1]: found no word that is seen, expected one in "
      "each text");
  CHECK(
      error_of(words_and("mask", ones, {3, 2})) ==
      "t.pt: found 'mask' of shape [3,2] beside 'x' of [2,3], expected words "
      "[N,T] and [N,T]");
  CHECK(
      error_of(words_and("token_type_ids", {0, 0, 0, 0, 1, 0}))
          .find("found 'token_type_ids' with a 1") != std::string::npos);
  CHECK(
      error_of(words_and("input_ids", ones)) ==
      "t.pt: found both 'x' and 'input_ids', expected one of them");
}

TEST_CASE("tensors: what a file of NumPy must not be") {
  const auto npy = [](const std::string& type,
                      const std::string& shape,
                      const std::string& bytes) {
    std::string header = "{'descr': '" + type +
                         "', 'fortran_order': False, 'shape': " + shape + ", }";
    header.resize(118, ' ');
    header[117] = '\n';
    return "\x93NUMPY\1" + std::string(1, '\0') +
           zcp::test::little_endian(header.size(), 2) + header + bytes;
  };
  const auto file = [&](const std::string& type, int size) {
    return zcp::test::make_zip(
        {{"x.npy", npy(type, "(1, 1, 1, 2)", std::string(2 * size, '\1'))},
         {"y.npy", npy("<i8", "(1,)", std::string(8, '\0'))}});
  };
  CHECK(
      parse_tensors(bytes_in_memory(file("<f4", 4)), "t.npz", 0).shape ==
      Shape{1, 1, 2});
  CHECK(error_of(file("|u1", 1)).find("x.float() / 255") != std::string::npos);
  CHECK(error_of(file("<u2", 2)).find("of type u2") != std::string::npos);
  const auto labelled = [&](const std::string& type, const std::string& label) {
    return zcp::test::make_zip(
        {{"x.npy", npy("<f4", "(1, 1, 1, 2)", std::string(8, '\1'))},
         {"y.npy", npy(type, "(1,)", label)}});
  };
  for (const auto& [type, size] :
       {std::pair{"<u2", 2}, std::pair{"<u4", 4}, std::pair{"<u8", 8}}) {
    CAPTURE(type);
    const std::string seven = zcp::test::little_endian(7, size);
    CHECK(
        parse_tensors(bytes_in_memory(labelled(type, seven)), "t.npz", 0)
            .labels == std::vector<std::int64_t>{7});
  }
  CHECK(
      error_of(labelled("<u8", std::string(8, '\xff'))) ==
      "t.pt: 'y': found 18446744073709551615, expected a number that int64 "
      "holds");
  CHECK(
      error_of(zcp::test::make_zip({{"z.npy", "no array"}})) ==
      "t.pt: found no array 'x', expected one");
  CHECK(
      error_of(zcp::test::make_zip(
                   {{"x.npy", "no"},
                    {"y.npy", npy("<i8", "(1,)", std::string(8, '\0'))}}))
          .find("'x': found no array of numpy.save") != std::string::npos);
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
      error_of(x({3, 2, 2, 1}, {4, 2, 1, 1}, "IntStorage")) ==
      "t.pt: found 'x' in a torch.IntStorage (int32), expected float32 "
      "(x.float())");
  CHECK(
      error_of(x({3, 2, 2, 1}, {4, 2, 1, 1}, "ByteStorage"))
          .find("x.float() / 255 for images from 0 to 1") != std::string::npos);
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

namespace {

/// One image of 1x1xN, whose storage holds `bytes`, with labels of the
/// `label_type` in `label_bytes`.
TensorFile read_types(
    const std::string& type,
    const std::string& bytes,
    int width,
    const std::string& label_type,
    const std::string& label_bytes,
    int classes = 0) {
  const std::string x =
      pickled_tensor(type, "0", {1, 1, 1, width}, {width, width, width, 1});
  const std::string y = pickled_tensor(label_type, "1", {1}, {1});
  const std::string program = "\x80\2}(X\1" + std::string(3, '\0') + "x" + x +
                              "X\1" + std::string(3, '\0') + "y" + y + "u.";
  return parse_tensors(
      bytes_in_memory(zcp::test::make_zip(
          {{"m/data.pkl", program},
           {"m/data/0", bytes},
           {"m/data/1", label_bytes}})),
      "t.pt",
      classes);
}

}  // namespace

TEST_CASE("tensors: other types are converted, and it is said") {
  using zcp::test::raw;
  const std::string label = raw(std::vector<std::int64_t>{0});
  // numpy.float16([1, -2.5, 65504, 2**-24, 0.333251953125]) as integers.
  const TensorFile half = read_types(
      "HalfStorage",
      raw(std::vector<std::uint16_t>{0x3c00, 0xc100, 0x7bff, 1, 0x3555}),
      5,
      "LongStorage",
      label);
  CHECK(
      half.x == std::vector<float>{
                    1, -2.5, 65504, 5.9604644775390625e-08F, 0.333251953125F});
  REQUIRE(half.notes.size() == 1);
  CHECK(half.notes[0] == "'x' is of float16, and is converted to float32");
  const TensorFile brain = read_types(
      "BFloat16Storage",
      raw(std::vector<std::uint16_t>{0x3f80, 0xc020}),
      2,
      "LongStorage",
      label);
  CHECK(brain.x == std::vector<float>{1, -2.5});
  const TensorFile wide = read_types(
      "DoubleStorage",
      raw(std::vector<double>{0.1, 2}),
      2,
      "LongStorage",
      label);
  CHECK(wide.x == std::vector<float>{0.1F, 2});
  const std::string x = raw(std::vector<float>{1});
  const auto label_of = [&](const std::string& type, const std::string& bytes) {
    const TensorFile file = read_types("FloatStorage", x, 1, type, bytes);
    REQUIRE(!file.notes.empty());
    CHECK(file.notes[0].find("'y' is of ") == 0);
    return file.labels.at(0);
  };
  CHECK(label_of("IntStorage", raw(std::vector<std::int32_t>{70000})) == 70000);
  CHECK(label_of("ShortStorage", raw(std::vector<std::int16_t>{300})) == 300);
  CHECK(label_of("CharStorage", raw(std::vector<std::int8_t>{7})) == 7);
  CHECK(label_of("ByteStorage", raw(std::vector<std::uint8_t>{200})) == 200);
  CHECK(
      user_error(
          [&] { read_types("FloatStorage", x, 1, "FloatStorage", x); }) ==
      "t.pt: found 'y' in a torch.FloatStorage (float32), expected int64 "
      "(y.long())");
}

TEST_CASE("tensors: labels that start at 1") {
  const zcp::test::TemporaryFolder folder;
  const auto file = [&](const std::vector<std::int64_t>& labels) {
    return folder.write(
        "t.pt",
        make_tensors(
            pickled_tensor("FloatStorage", "0", {3, 2, 2, 1}, {4, 2, 1, 1}),
            counted(12),
            labels));
  };
  using Labels = std::vector<std::int64_t>;
  const auto asked =
      open_task("tensors", file({1, 3, 2}), 0, Transform::normalise, 3);
  CHECK(asked->minibatch(0, 3).y == Labels{0, 2, 1});
  REQUIRE(asked->info().notes.size() == 1);
  CHECK(asked->info().notes[0].find("start at 1") != std::string::npos);
  CHECK(asked->info().guess.empty());
  const auto open = open_task("tensors", file({1, 3, 2}), 0);
  CHECK(open->info().classes == 4);
  CHECK(open->info().guess.starts_with("4 classes, by the largest label"));
  CHECK(open->minibatch(0, 3).y == Labels{1, 3, 2});
  CHECK(open->labels_for(0, 3, 3) == Labels{0, 2, 1});
  CHECK_FALSE(open->labels_for(0, 3, 4).has_value());
  CHECK(open->info().notes.size() == 1);
  // A 0, or a label beyond, leaves no doubt.
  CHECK_FALSE(open_task("tensors", file({0, 3, 2}), 0)
                  ->labels_for(0, 3, 3)
                  .has_value());
  CHECK(user_error([&] {
          open_task("tensors", file({1, 4, 2}), 0, Transform::normalise, 3);
        }).find("found label 4, expected 0 to 2") != std::string::npos);
}

TEST_CASE("tensors: the format before PyTorch 1.6") {
  using zcp::test::little_endian;
  const auto numbers = counted(12);
  const std::string labels = zcp::test::raw(std::vector<std::int64_t>{0, 4, 1});
  const std::string program =
      "\x80\2}(X\1" + std::string(3, '\0') + "x" +
      pickled_tensor("FloatStorage", "a", {3, 2, 2, 1}, {4, 2, 1, 1}) + "X\1" +
      std::string(3, '\0') + "y" +
      pickled_tensor("LongStorage", "b", {3}, {1}) + "u.";
  const std::string facts =
      "\x80\2}X\x0d" + std::string(3, '\0') + "little_endian\x88s.";
  const std::string keys = "\x80\2](X\1" + std::string(3, '\0') + "aX\1" +
                           std::string(3, '\0') + "be.";
  const std::string magic =
      std::string("\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.") +
      "\x80\x02M\xe9\x03.";
  const std::string bytes = magic + facts + program + keys +
                            little_endian(12, 8) + zcp::test::raw(numbers) +
                            little_endian(3, 8) + labels;
  const TensorFile file = parse_tensors(bytes_in_memory(bytes), "old.pt", 0);
  CHECK(file.x == numbers);
  CHECK(file.labels == std::vector<std::int64_t>{0, 4, 1});
  CHECK(file.notes.empty());
  for (std::size_t size = 0; size < bytes.size(); size += 5) {
    CAPTURE(size);
    CHECK(error_of(bytes.substr(0, size)).starts_with("t.pt: "));
  }
}

TEST_CASE("tensors: samples that torch.export has marked are samples") {
  const auto path = zcp::test::golden("exported/marked_batch.pt");
  const auto task = open_task("tensors", path, 0);
  CHECK(task->info().shape == Shape{3, 2, 2});
  const Minibatch batch = task->minibatch(0, 2);
  for (std::size_t i = 0; i < batch.x.size(); ++i) {
    CHECK(batch.x[i] == static_cast<float>(i) / 8);
  }
  CHECK(batch.y == std::vector<std::int64_t>{1, 0});
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

TEST_CASE("tensors: several inputs lie one behind the other") {
  // Made by tests/reference/make_formats.py: by name age, image, words; by
  // position image, words, age.
  const auto opened = [](const std::string& name) {
    return open_task("tensors", zcp::test::golden("formats/" + name), 0);
  };
  const auto named = opened("several_named.pt");
  REQUIRE(named->info().inputs.all.size() == 3);
  const auto& inputs = named->info().inputs.all;
  CHECK(inputs[0].name == "age");
  CHECK(inputs[0].sizes == std::vector<std::int64_t>{1});
  CHECK(inputs[1].sizes == std::vector<std::int64_t>{2, 5, 4});
  CHECK(inputs[1].type == InputType::real);
  CHECK(inputs[2].name == "words");
  CHECK(inputs[2].type == InputType::int32);
  CHECK(named->info().shape == Shape{44, 1, 1});
  CHECK(named->info().classes == 3);
  REQUIRE(named->info().notes.size() == 1);
  CHECK(
      named->info().notes[0] ==
      "'x.age' is of float64, and is converted to float32");
  const auto placed = opened("several.pt");
  CHECK(placed->info().inputs.all[0].name.empty());
  CHECK(placed->fingerprint() != named->fingerprint());
  const Minibatch one = placed->minibatch(1, 2);
  const Minibatch other = named->minibatch(1, 2);
  REQUIRE(one.x.size() == 88);
  for (std::size_t n = 0; n < 2; ++n) {
    const auto* row = one.x.data() + n * 44;
    const auto* same = other.x.data() + n * 44;
    CHECK(row[43] == same[0]);
    CHECK(std::equal(row, row + 40, same + 1));
    CHECK(std::equal(row + 40, row + 43, same + 41));
  }
  CHECK(one.y == std::vector<std::int64_t>{1, 1});
  for (const char* stem : {"several", "several_named"}) {
    CAPTURE(stem);
    const auto torch = opened(std::string(stem) + ".pt");
    const auto numpy = opened(std::string(stem) + ".npz");
    // NumPy's file lists its arrays in another order.
    CHECK(
        (torch->fingerprint() == numpy->fingerprint()) ==
        (std::string(stem) == "several"));
    CHECK(numpy->info().shape == Shape{44, 1, 1});
  }
}

namespace {

/// x is a tuple, or a dict of these keys, of words [2, 3] and further tensors
/// with these sizes; y is [2].
std::string several_inputs(
    const std::vector<std::string>& keys,
    const std::vector<std::vector<int>>& sizes,
    const std::string& beside = "") {
  const auto text = [](const std::string& key) {
    return "X" + zcp::test::little_endian(key.size(), 4) + key;
  };
  std::string x = keys.empty() ? "(" : "}(";
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (!keys.empty()) x += text(keys[i]);
    std::vector<int> strides(sizes[i].size(), 1);
    for (std::size_t k = strides.size(); k-- > 1;) {
      strides[k - 1] = strides[k] * sizes[i][k];
    }
    x += pickled_tensor("LongStorage", "0", sizes[i], strides);
  }
  x += keys.empty() ? "t" : "u";
  std::string program = "\x80\2}(" + text("x") + x + text("y") +
                        pickled_tensor("LongStorage", "1", {2}, {1});
  if (!beside.empty()) {
    program +=
        text(beside) + pickled_tensor("LongStorage", "0", {2, 3}, {3, 1});
  }
  std::vector<std::int64_t> numbers(12, 1);
  numbers[11] = (1 << 24) + 1;
  return zcp::test::make_zip(
      {{"mine/data.pkl", program + "u."},
       {"mine/data/0", zcp::test::raw(numbers)},
       {"mine/data/1", zcp::test::raw(std::vector<std::int64_t>{1, 0})}});
}

}  // namespace

TEST_CASE("tensors: several inputs that are refused") {
  CHECK(parse_tensors(
            bytes_in_memory(several_inputs({}, {{2, 3}, {2}})), "t.pt", 0)
            .inputs.all[1]
            .sizes.empty());
  CHECK(
      error_of(several_inputs({"ids", "age"}, {{2, 3}, {3, 1}})) ==
      "t.pt: found 'x.age' of 3 rows beside 'x.ids' of 2, expected as many, "
      "one for each sample");
  CHECK(
      error_of(several_inputs({}, {{3, 3}, {3, 1}})) ==
      "t.pt: found 'y' of shape [2] beside inputs of 3 rows in 'x', expected "
      "[3]");
  CHECK(
      error_of(several_inputs({}, {{2, 3}, {}})) ==
      "t.pt: found 'x.1' as a single number, expected a row for each sample");
  CHECK(
      error_of(several_inputs({}, {{2, 6}})) ==
      "t.pt: 'x.0': found 16777217, expected whole numbers from -16777216 to "
      "16777216");
  CHECK(
      error_of(several_inputs({}, {})) ==
      "t.pt: found nothing in 'x', expected the network's inputs");
  CHECK(
      error_of(several_inputs({"ids"}, {{2, 3}}, "mask")) ==
      "t.pt: found 'mask' beside several inputs in 'x', expected it among "
      "them");
  CHECK(
      error_of(several_inputs({""}, {{2, 3}})).find("expected a name") !=
      std::string::npos);
}
