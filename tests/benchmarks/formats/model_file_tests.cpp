#include <sys/stat.h>

#include "benchmarks/formats/model_file.h"
#include "common/hash.h"
#include "tests/support/make_tensors.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp::formats;
using namespace zcp::test;

namespace {

using Files = std::vector<std::pair<std::string, std::string>>;

std::string text(const std::string& value) {
  return "X" + little_endian(value.size(), 4) + value;
}

/// A tensor as torch.jit.save writes it: `stored` elements of float32, of which
/// it takes `sizes`.
std::string script_tensor(
    int stored,
    const std::string& sizes,
    const std::string& strides) {
  return "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") +
         "ctorch\nFloatStorage\n" + text("0") + text("cpu") + "J" +
         little_endian(static_cast<std::uint32_t>(stored), 4) + "tQK" +
         std::string(1, '\0') + sizes + strides +
         "\x89"
         "ccollections\nOrderedDict\n)RtR";
}

/// An object of the class Net with one attribute.
std::string object_of(const std::string& value) {
  return "\x80\2c__torch__\nNet\n)\x81}" + text("w") + value + "sb.";
}

Files files(const std::string& data) {
  return {
      {"n/data.pkl", data},
      {"n/data/0", raw(std::vector<float>{1, 2, 3, 4})},
      {"n/code/__torch__.py", "class Net(Module):\n  w : Tensor\n"},
      {"n/constants.pkl", "\x80\2)."},
      {"n/version", "3\n"}};
}

/// Two rows of two.
std::string good_data() {
  return object_of(script_tensor(4, "K\2K\2\x86", "K\2K\1\x86"));
}

std::string error_of(const std::string& bytes) {
  const TemporaryFolder folder;
  const auto path = folder.write("n.pt", bytes);
  std::string error = user_error([&] { read_model_file(path); });
  const std::string name = path.string();
  if (error.starts_with(name)) error.erase(0, name.size());
  return error;
}

std::string error_of(const Files& all) {
  return error_of(make_zip(all));
}

bool refused(const std::string& error, const std::string& part) {
  CAPTURE(error);
  return error.starts_with(": ") && error.find(part) != std::string::npos &&
         error.find('\n') == std::string::npos;
}

Files changed(const std::string& name, const std::string& content) {
  Files all = files(good_data());
  for (auto& [entry, bytes] : all) {
    if (entry == name) bytes = content;
  }
  return all;
}

std::string nested(int depth) {
  std::string program = "N";
  for (int i = 0; i < depth; ++i) program += '\x85';
  return program;
}

}  // namespace

TEST_CASE("model files: a sound one is given with the hash of its bytes") {
  const TemporaryFolder folder;
  const std::string bytes = make_zip(files(good_data()));
  const auto path = folder.write("n.pt", bytes);
  const zcp::ModelSource file = read_model_file(path);
  REQUIRE(file.bytes() != nullptr);
  CHECK(*file.bytes() == bytes);
  CHECK(file.content() == zcp::hash64(bytes));
  CHECK(content_of(path) == zcp::hash64(bytes));
  CHECK(file.path() == path);
}

TEST_CASE("model files: golden networks are sound") {
  for (const char* name : {"net_resnet.pt", "net_mobile.pt"}) {
    CHECK(read_model_file(golden(name)).bytes() != nullptr);
  }
}

TEST_CASE("model files: storages have what their tensors claim") {
  const auto data = [](int stored, const char* sizes, const char* strides) {
    return error_of(files(object_of(script_tensor(stored, sizes, strides))));
  };
  // The entry holds 4 elements.
  CHECK(refused(
      data(5, "K\2K\2\x86", "K\2K\1\x86"),
      "storage 'data/0': found 16 bytes, expected 5 elements of float32"));
  CHECK(refused(data(-1, "K\2\x85", "K\1\x85"), "expected -1 elements"));
  CHECK(refused(
      data(4, "K\2K\3\x86", "K\3K\1\x86"),
      "found 4 elements, expected those of a tensor of shape [2, 3]"));
  CHECK(refused(data(4, "K\2\x85", "J\xff\xff\xff\xff\x85"), "of shape [2]"));
  CHECK(refused(data(4, "K\2\x85", "J\xff\xff\xff\x7f\x85"), "of shape [2]"));
  // An expanded tensor takes no room, a huge one is no network's.
  CHECK(refused(
      error_of(files(object_of(script_tensor(
          4,
          "J" + little_endian(1U << 30U, 4) + "\x85",
          std::string("K\0\x85", 3))))),
      "of shape [1073741824]"));
  CHECK(
      error_of(files(object_of(
          script_tensor(4, "K\x64\x85", std::string("K\0\x85", 3))))) == "");
  CHECK(
      error_of(files(object_of(
          script_tensor(4, std::string("K\0\x85", 3), "K\1\x85")))) == "");
  Files absent = files(good_data());
  absent.erase(absent.begin() + 1);
  CHECK(refused(error_of(absent), "storage 'data/0': found 0 bytes"));
}

TEST_CASE("model files: damage is noticed") {
  const std::string good = make_zip(files(good_data()));
  CHECK(error_of(good) == "");
  for (const char* name : {"n/data.pkl", "n/data/0", "n/code/__torch__.py"}) {
    std::string broken = good;
    broken[broken.find(name) + std::string_view(name).size() + 2] ^= 0x10;
    CHECK(refused(error_of(broken), "found checksum"));
  }
  for (std::size_t size = 0; size < good.size(); size += 7) {
    CAPTURE(size);
    CHECK(refused(error_of(good.substr(0, size)), "expected"));
  }
}

TEST_CASE("model files: nesting is bounded") {
  CHECK(refused(
      error_of(files(object_of(nested(100000)))),
      "data.pkl: found more values"));
  CHECK(error_of(files(object_of(nested(100)))) == "");
  CHECK(refused(
      error_of(changed("n/constants.pkl", "\x80\2" + nested(100000) + ".")),
      "constants.pkl: found more values"));
  const std::string itself = std::string("]q\0h\0a", 6);
  CHECK(refused(error_of(files(object_of(itself))), "values that lie within"));
  CHECK(refused(
      error_of(changed("n/code/__torch__.py", std::string(100000, '('))),
      "code/__torch__.py: found code that nests"));
  const std::string type = std::string(1000, '[');
  CHECK(refused(
      error_of(files(object_of(
          "ctorch.jit._pickle\nrestore_type_tag\n]" + text(type) + "\x86R"))),
      "found a type that nests"));
}

TEST_CASE("model files: other archives") {
  CHECK(refused(error_of(std::string("hello")), "not a TorchScript file"));
  CHECK(refused(error_of(std::string()), "not a TorchScript file"));
  Files saved = files(good_data());
  saved.erase(saved.begin() + 2);  // what torch.save writes
  CHECK(refused(error_of(saved), "not a TorchScript file"));
  Files twice = files(good_data());
  twice.emplace_back("n/data/0", "");
  CHECK(refused(error_of(twice), "two entries 'n/data/0'"));
  twice.back().first = "n/DATA/0";
  CHECK(refused(error_of(twice), "two entries 'data/0'"));
  twice.back().first = "m/data/1";
  CHECK(refused(error_of(twice), "expected all entries in one folder"));
  Files old = files(good_data());
  old.emplace_back("n/model.json", "{}");
  CHECK(refused(error_of(old), "PyTorch 1.4 or later"));
  Files big = files(good_data());
  big.emplace_back("n/byteorder", "big");
  CHECK(refused(error_of(big), "big-endian"));
}

TEST_CASE("model files: what is no regular file is not read") {
  const TemporaryFolder folder;
  const auto fifo = folder.path() / "fifo";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  for (const std::string& path : {fifo.string(), std::string("/dev/zero")}) {
    CHECK(
        user_error([&] { read_model_file(path); }) ==
        path + ": found a pipe or a device, expected a TorchScript file");
    CHECK_FALSE(user_error([&] { content_of(path); }).empty());
  }
  const std::string here = folder.path();
  CHECK(user_error([&] {
          read_model_file(here);
        }) == here + ": found a folder, expected a file");
}
