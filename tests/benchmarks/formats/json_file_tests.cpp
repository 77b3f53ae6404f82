#include <cmath>
#include <nlohmann/json.hpp>

#include "benchmarks/formats/json_file.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp::formats;
using zcp::test::user_error;

TEST_CASE("json: NaN becomes null, infinities keep their sign") {
  const auto json = parse_json(
      R"({"a": NaN, "b": [Infinity, -Infinity, -1.5], "NaN": "NaN, \"NaN\"",
          "c\\": NaN})",
      "s");
  CHECK(json.size() == 4);
  CHECK(json["a"].is_null());
  CHECK(json_number(json["b"][0], "s") == HUGE_VAL);
  CHECK(json_number(json["b"][1], "s") == -HUGE_VAL);
  CHECK(json["b"][2] == -1.5);
  CHECK(json["NaN"] == "NaN, \"NaN\"");
  CHECK(json["c\\"].is_null());
}

TEST_CASE("json: only objects with entries") {
  const auto error = [](const char* text) {
    return user_error([&] { parse_json(text, "s"); });
  };
  CHECK(error("{}") == "s: found object, expected an object with entries");
  CHECK(error("[1]") == "s: found array, expected an object with entries");
  CHECK(error("3") == "s: found number, expected an object with entries");
  const std::string none =
      "s: found no JSON (a cut file?), expected an object with entries";
  CHECK(error("") == none);
  CHECK(error("{\"a\": 1") == none);
  CHECK(error("{\"a\": nan}") == none);
  CHECK(error("{\"a\": \"\\") == none);
  CHECK(error("{\"a\": 1} x") == none);
}

TEST_CASE("json: a file") {
  const zcp::test::TemporaryFolder folder;
  const auto path = folder.write("f", "{\"a\": 1}");
  CHECK(read_json(path)["a"] == 1);
  CHECK(user_error([&] {
          read_json(folder.write("f", "[]"));
        }) == path.string() + ": found array, expected an object with entries");
}

TEST_CASE("json: members and numbers that must be there") {
  const auto json = parse_json(R"({"a": 1, "b": null, "c": "1"})", "s");
  CHECK(json_number(json_member(json, "a", "p"), "p") == 1.0);
  CHECK(std::isnan(json_number(json_member(json, "b", "p"), "p")));
  CHECK(user_error([&] {
          json_number(json["c"], "p");
        }) == "p: found string, expected a number");
  CHECK(user_error([&] {
          json_member(json, "d", "p");
        }) == "p: found no 'd', expected one");
  CHECK(user_error([&] {
          json_member(json["a"], "d", "p");
        }) == "p: found no 'd', expected one");
}
