#include "benchmarks/formats/pickle_stream.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp::formats;
using namespace zcp::test;
using namespace std::string_literals;

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
