#include <array>

#include "benchmarks/formats/pickle.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace std::string_literals;
using zcp::formats::Pickle;
using zcp::formats::PickleValue;
using zcp::test::user_error;

namespace {

constexpr std::array<std::string_view, 2> kAllowed = {
    "collections.OrderedDict",
    "numpy.core.multiarray.scalar"};

/// What a pickle is refused for; empty when it is read.
std::string error_of(const std::string& bytes) {
  return user_error([&] { const Pickle pickle(bytes, "p", kAllowed); });
}

}  // namespace

TEST_CASE("pickle: plain values of protocol 4") {
  // pickle.dumps({'a': [1, -2, 300, 2**40, 1.5, None, True], 'b': (b'xy',
  // {7})}, 4)
  const Pickle pickle(
      "\x80\x04\x95\x3d\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01"
      "a\x94]\x94(K\x01J\xfe\xff\xff\xff"
      "M,\x01\x8a\x06\x00\x00\x00\x00\x00\x01G?"
      "\xf8\x00\x00\x00\x00\x00\x00N\x88"
      "e\x8c\x01"
      "b\x94"
      "C\x02xy\x94\x8f\x94(K\x07\x90\x86\x94u."s,
      "p",
      kAllowed);
  const PickleValue root = pickle.root();
  CHECK(root.is_dict());
  CHECK(root.size() == 2);
  const PickleValue a = root.at("a");
  CHECK(a.size() == 7);
  CHECK(a.item(0).integer() == 1);
  CHECK(a.item(1).integer() == -2);
  CHECK(a.item(2).integer() == 300);
  CHECK(a.item(3).integer() == std::int64_t{1} << 40U);
  CHECK(a.item(4).real() == 1.5);
  CHECK(a.item(0).real() == 1.0);
  CHECK(a.item(5).is_none());
  CHECK(a.item(6).integer() == 1);
  CHECK(root.key(1).text() == "b");
  CHECK(root.value(1).item(0).bytes() == "xy");
  CHECK(root.value(1).item(1).item(0).integer() == 7);
  CHECK_FALSE(root.find("c"));
  CHECK(user_error([&] {
          root.at("c");
        }) == "p: found a dict, expected one with the key 'c'");
  CHECK(user_error([&] { root.text(); }) == "p: found a dict, expected text");
  CHECK(user_error([&] {
          a.item(7);
        }).find("one with more than 7 elements") != std::string::npos);
}

TEST_CASE("pickle: calls are data") {
  // An OrderedDict with one entry, and numpy.core.multiarray.scalar(1) with a
  // state.
  const Pickle pickle(
      "\x80\x02(ccollections\nOrderedDict\n)RX\x01\0\0\0kK\x05s"
      "cnumpy.core.multiarray\nscalar\nK\x01\x85RK\x09"
      "bt."s,
      "p",
      kAllowed);
  const PickleValue root = pickle.root();
  CHECK(root.item(0).at("k").integer() == 5);
  const PickleValue call = root.item(1);
  CHECK(call.callee() == "numpy.core.multiarray.scalar");
  CHECK(call.arguments().item(0).integer() == 1);
  CHECK(call.state()->integer() == 9);
}

TEST_CASE("pickle: the memo keeps identity, cycles included") {
  // x = [1]; x.append(x)
  const Pickle pickle("\x80\x02]q\0(K\x01h\0e."s, "p", kAllowed);
  const PickleValue root = pickle.root();
  CHECK(root.item(1).item(1).item(0).integer() == 1);
}

TEST_CASE("pickle: nesting does not exhaust the call stack") {
  const std::string deep = "\x80\x02" + std::string(1'000'000, ']') +
                           std::string(999'999, 'a') + ".";
  CHECK(error_of(deep).empty());
}

TEST_CASE("pickle: names that are not allowed are refused by name") {
  CHECK(
      error_of("\x80\x02"
               "cposix\nsystem\nX\x02\0\0\0ls\x85R."s)
          .find("byte 2: found the Python name 'posix.system', which is "
                "refused") != std::string::npos);
  CHECK(
      error_of("\x80\x04\x8c\x08"
               "builtins\x8c\x04"
               "eval\x93."s)
          .find("'builtins.eval'") != std::string::npos);
}

TEST_CASE("pickle: broken programs") {
  const auto refused = [](const std::string& bytes, const std::string& why) {
    const std::string error = error_of(bytes);
    INFO(error);
    CHECK(error.find(why) != std::string::npos);
  };
  refused("", "found the end of the file");
  refused("\x80\x02]", "found the end of the file");
  refused("\x80\x02X\xff\xff\xff\xff", "(a cut file?)");
  refused("\x80\x02\x8d\xff\xff\xff\xff\xff\xff\xff\xff."s, "(a cut file?)");
  refused("\x80\x01."s, "found pickle protocol 1, expected 2 to 5");
  refused("\x80\x02.", "found an empty stack");
  refused("\x80\x02(K\x01(0", "found an empty stack");
  refused("\x80\x02u", "found no mark on the stack");
  refused("\x80\x02}(K\x01u.", "found a key without a value");
  refused("\x80\x02]K\x01K\x02s.", "found a list, expected a dict");
  refused("\x80\x02h\x07.", "memo number 7, which was never set");
  refused("\x80\x02]r\xff\xff\xff\x7f.", "memo number out of range");
  refused("\x80\x02K\x01)R.", "found a call of no name");
  refused(
      "\x80\x02\x8a\x09"
      "123456789.",
      "an integer of 9 bytes");
  refused(
      "\x80\x02"
      "cos",
      "found the end of the file");
  refused(
      "\x80\x02"
      "c" +
          std::string(2000, 'x'),
      "found no end of a name");
  refused("\x80\x02S'a'\n.", "found opcode 0x53");
  refused("\x80\x02K\x01K\x02\x93.", "found no name");
}

TEST_CASE("pickle: one list in many OrderedDicts does not multiply") {
  std::string bytes = "\x80\x02]q\0("s;
  for (int i = 0; i < 1000; ++i) bytes += "K\x01K\x01\x86";
  bytes += "e";
  for (int i = 0; i < 1000; ++i) {
    bytes += "ccollections\nOrderedDict\nh\0\x85R"s;
  }
  CHECK(
      error_of(bytes + ".").find("one list in many OrderedDicts") !=
      std::string::npos);
}
