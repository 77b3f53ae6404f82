#include <cmath>

#include "benchmarks/formats/files.h"
#include "benchmarks/formats/pickle_stream.h"
#include "tests/support/import_test.h"

using namespace zcp::formats;
using namespace zcp::tables;
using namespace zcp::test;
using namespace std::string_literals;

namespace {

const std::string kFormat = "nas-bench-201";

/// Files that PyTorch wrote (tests/reference/make_formats.py).
std::filesystem::path official(const std::string& name) {
  return golden("formats/nas_bench_201_" + name + ".pth");
}

/// The accuracy that make_formats.py gives a run: epochs of training, and the
/// evaluation's number among all of the run.
double accuracy(int seed, int epochs, int number) {
  return 10.0 + seed / 100.0 + epochs / 10.0 + number / 8.0;
}

std::string
replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("import nas-bench-201: both kinds of torch.save's files") {
  const Table table = import_file(kFormat, official("legacy"));
  const Table zipped = import_file(kFormat, official("zip"));
  CHECK(table.arch == zipped.arch);
  CHECK(table.columns == zipped.columns);
  REQUIRE(table.arch.size() == 3);
  CHECK(table.arch[1] == "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|");
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    for (std::size_t row = 0; row < 3; ++row) {
      const double a = table.values[c][row];
      const double b = zipped.values[c][row];
      CHECK((a == b || (std::isnan(a) && std::isnan(b))));
    }
  }
}

TEST_CASE("import nas-bench-201: values after the last epoch, and means") {
  const Table table = import_file(kFormat, official("legacy"));
  const auto near = [&](const std::string& column, double expected) {
    CHECK(value(table, column, 0) == doctest::Approx(expected).epsilon(1e-12));
  };
  near("cifar10_test_4_seed777", accuracy(777, 4, 3));
  near("cifar10_test_4_seed888", accuracy(888, 4, 3));
  near("cifar10_test_4", (accuracy(777, 4, 3) + accuracy(888, 4, 3)) / 2);
  near("cifar10_valid_4", accuracy(777, 4, 3));
  near("cifar10_half_test_4", accuracy(777, 4, 7));
  near("cifar10_valid_2_seed111", accuracy(111, 2, 1));
  near("cifar100_valid_4", accuracy(777, 4, 3));
  near("cifar100_test_4", accuracy(777, 4, 7));
  near("cifar100_valid_and_test_4", accuracy(777, 4, 11));
  near("imagenet16_120_test_4_seed777", accuracy(777, 4, 3));
  CHECK(value(table, "index", 2) == 2.0);
  CHECK(value(table, "params_cifar10", 1) == 73306.0);
  CHECK(value(table, "macs_cifar100", 1) == 7782810.0);
  CHECK(std::isnan(value(table, "cifar10_test_4_seed888", 1)));
  CHECK(
      value(table, "cifar10_test_4_seed999", 1) ==
      doctest::Approx(accuracy(999, 4, 3)));
}

TEST_CASE("import nas-bench-201: a file with one architecture") {
  const Table table = import_file(kFormat, official("one"));
  CHECK(table.arch.size() == 1);
  CHECK(
      value(table, "cifar10_test_4_seed777", 0) ==
      doctest::Approx(accuracy(777, 4, 3)));
}

TEST_CASE("import nas-bench-201: what the file must not be") {
  const std::string legacy = read_bytes(official("legacy"));
  const std::string zip = read_bytes(official("zip"));
  const auto error = [](const std::string& bytes) {
    return import_error(kFormat, bytes);
  };
  CHECK(
      error("") ==
      "f: found neither a zip archive nor torch's magic number, expected a "
      "file of torch.save");
  CHECK(error("BZh9").starts_with("f: found neither a zip archive"));
  for (std::size_t size = 30; size < legacy.size() - 300; size += 97) {
    INFO(size);
    CHECK(error(legacy.substr(0, size)).find("(a cut file?)") < 200);
  }
  CHECK(
      error(zip.substr(0, zip.size() / 2)) ==
      "f: found no zip archive, expected one (a cut file?)");
  std::string broken = zip;
  broken[3000] ^= 1;
  CHECK(error(broken).find("data.pkl': found checksum") < 60);
  CHECK(
      error(replaced(legacy, "_rebuild_tensor_v2", "_rebuild_tensor_v9"))
          .find("'torch._utils._rebuild_tensor_v9', which is refused") < 100);
  CHECK(
      error(replaced(legacy, "meta_archs", "meta_arcks")) ==
      "f: found a dict, expected one with the key 'meta_archs'");
  CHECK(
      error(replaced(legacy, "arch2infos", "arck2infos")) ==
      "f: found a dict, expected one with the key 'arch2infos'");
  CHECK(
      error(replaced(legacy, "|none~0|+", "|zone~0|+")).find("as in") ==
      std::string::npos);  // the specs of records refer to those of the list
  CHECK(
      error(replaced(legacy, "x-valid", "y-valid"))
          .find("not 'y-valid' of 'cifar10-valid'") < 100);
  CHECK(user_error([] {
          import_file(kFormat, "/no/such.pth");
        }) == "/no/such.pth: no such file");
}

namespace {

std::string number(int value) {
  return "K"s + static_cast<char>(value);
}

/// The integers of each record, with its keys, and what is left.
struct Streamed {
  std::vector<std::string> records;
  std::string rest;
};

std::string shown(const PickleValue& value) {
  if (value.is_none()) return "None";
  if (value.is_integer()) return std::to_string(value.integer());
  if (value.is_text()) return std::string(value.text());
  std::string text;
  if (value.is_dict()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      text += shown(value.key(i)) + ":" + shown(value.value(i)) + " ";
    }
    return "{" + text + "}";
  }
  for (std::size_t i = 0; i < value.size(); ++i) {
    text += shown(value.item(i)) + " ";
  }
  return "[" + text + "]";
}

/// Streams a program that comes in pieces of so many bytes.
Streamed streamed(const std::string& program, int level, std::size_t piece) {
  const auto pieces = [&](std::size_t& at) {
    return [&program, &at, piece] {
      const std::string part = program.substr(at, piece);
      at += part.size();
      return part;
    };
  };
  std::size_t first = 0;
  PickleInput scanned(pieces(first), 0, "p");
  const PickleIndex index = index_pickle(scanned, level);
  std::size_t second = 0;
  PickleInput input(pieces(second), 0, "p");
  Streamed result;
  const auto rest = stream_pickle(
      input,
      index,
      {},
      [&](std::span<const PickleValue> keys, const PickleValue& record) {
        std::string text;
        for (const PickleValue& key : keys) text += shown(key) + "/";
        result.records.push_back(text + shown(record));
        return shown(keys.back()) != "7";
      });
  result.rest = shown(rest->root());
  return result;
}

}  // namespace

TEST_CASE("pickle stream: records of dicts in dicts") {
  // {'a': {1: [1], 7: [2], 3: {5: 6}}, 'b': [9, 9]}; the value of 3 is built
  // entry by entry, on the same part of the stack.
  const std::string program =
      "\x80\x02}(U\x01"
      "a}("s +
      number(1) + "]" + number(1) + "a" + number(7) + "](" + number(2) + "e" +
      number(3) + "}" + number(5) + number(6) +
      "suU\x01"
      "b](" +
      number(9) + number(9) + "eu.";
  for (const std::size_t piece : {1U, 3U, 1000U}) {
    const Streamed result = streamed(program, 2, piece);
    CHECK(
        result.records ==
        std::vector<std::string>{"a/1/[1 ]", "a/7/[2 ]", "a/3/{5:6 }"});
    CHECK(result.rest == "{a:{1:None 7:[2 ] 3:None } b:[9 9 ] }");
  }
  const Streamed outer = streamed(program, 1, 7);
  CHECK(
      outer.records ==
      std::vector<std::string>{"a/{1:[1 ] 7:[2 ] 3:{5:6 } }", "b/[9 9 ]"});
  CHECK(outer.rest == "{a:None b:None }");
}

TEST_CASE("pickle stream: what other records refer to is kept") {
  // {1: ['x', ['y', (3,)]], 2: [that list], 3: ['x']}
  const std::string program =
      "\x80\x02}("s + number(1) + "](U\x01xq\x00](U\x01yq\x01"s + number(3) +
      "\x85q\x02"s + "eq\x03"s + "e"s + number(2) + "](h\x03h\x03"s + "e"s +
      number(3) + "](h\x00h\x02"s + "eu."s;
  const Streamed result = streamed(program, 1, 5);
  CHECK(
      result.records ==
      std::vector<std::string>{
          "1/[x [y [3 ] ] ]", "2/[[y [3 ] ] [y [3 ] ] ]", "3/[x [3 ] ]"});
  CHECK(result.rest == "{1:None 2:None 3:None }");
}

TEST_CASE("pickle stream: a record must not change what was complete") {
  const std::string program =
      "\x80\x02}(K\x01]q\x00K\x02h\x00K\x05"
      "au."s;
  CHECK(user_error([&] {
          streamed(program, 1, 100);
        }).find("found a change of a value that was complete") < 20);
  const std::string outer = "\x80\x02}q\x00(K\x01h\x00K\x02K\x03su."s;
  CHECK(user_error([&] {
          streamed(outer, 1, 100);
        }).find("found a change of a value that was complete") < 20);
}

TEST_CASE("pickle stream: broken programs") {
  const auto error = [](const std::string& program) {
    return user_error([&] { streamed(program, 1, 100); });
  };
  CHECK(error("\x80\x02}(K").starts_with("p: byte 4: found the end"));
  CHECK(error("\x80\x02u.") == "p: byte 2: found no mark on the stack");
  CHECK(error("\x80\x02s.") == "p: byte 2: found an empty stack");
  CHECK(
      error("\x80\x02}q\x05q\x04.") ==
      "p: byte 5: found memo numbers out of order");
  CHECK(
      error("\x80\x02X\xff\xff\xff\x7f") ==
      "p: byte 2: found a value of 2147483647 bytes, expected at most "
      "67108864");
  CHECK(error("\x80\x02" + std::string(20000, '('))
            .ends_with("found more than 10000 marks"));
  CHECK(error("\x80\x02h\x07.").ends_with("number 7, which was never set"));
}
