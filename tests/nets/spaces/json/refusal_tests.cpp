// What a space's file may not say: each error names the file, the place, what
// was found and what was expected.
#include <nlohmann/json.hpp>
#include <string>

#include "common/error.h"
#include "nets/spaces/json/json_space.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::spaces;
using Json = nlohmann::ordered_json;

namespace {

/// A small space that is right.
Json small() {
  return Json::parse(R"({
    "name": "small",
    "choices": {"width": [8, 16], "kernel": [1, 3]},
    "operations": {
      "conv": ["relu", {"conv": "kernel", "stride": "stride"}, "bn"],
      "pool": [{"avg_pool": 3}]
    },
    "cells": {"c": {"nodes": 3, "edges": ["1<-0", "2<-0", "2<-1"],
                    "choose": ["none", "skip", "conv", "pool"]}},
    "stem": {"channels": "width", "layers": [{"conv": 3}, "bn"]},
    "stages": [{"channels": "width", "cell": "c", "repeat": 2}],
    "head": ["global_avg_pool", {"linear": "classes"}]
  })");
}

/// What a space that is changed at `pointer` is refused with; empty where it
/// is not, and where all its members build.
std::string
refusal(const std::string& pointer, const Json& value, bool build = false) {
  Json space = small();
  space[Json::json_pointer(pointer)] = value;
  try {
    const auto parsed = json::parse_space(space.dump(), "s.json");
    if (build) {
      for (std::int64_t i = 0; i < parsed->info().size; ++i) {
        parsed->build(parsed->spec(i), {3, 8, 8}, 10);
      }
    }
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

std::string built(const std::string& pointer, const Json& value) {
  return refusal(pointer, value, true);
}

std::string text_refusal(const std::string& text) {
  try {
    json::parse_space(text, "s.json");
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("the small space is taken, and all its members build") {
  CHECK(built("/name", "small").empty());
  const auto space = json::parse_space(small().dump(), "s.json");
  CHECK(space->info().size == 2 * 2 * 4 * 4 * 4);
  CHECK(space->spec(0) == "width=8,kernel=1,1<-0=none,2<-0=none,2<-1=none");
}

TEST_CASE("JSON that is none") {
  CHECK(
      text_refusal("{\n\"name\": \"a\",\n!") ==
      "s.json: line 3: found no JSON here, expected an object like {\"name\": "
      "..., \"operations\": ...}");
  CHECK(text_refusal("").starts_with("s.json: line 1: found no JSON"));
  CHECK(
      text_refusal("{\"name\": 1e999999}") ==
      "s.json: found a number that is too large, expected those that a double "
      "holds");
  CHECK(text_refusal("[1]") == "s.json: (top): found [1], expected an object");
  CHECK(
      text_refusal(R"({"name": "a", "name": "b"})") ==
      "s.json: found the key 'name' twice in an object, expected it once");
  CHECK(
      text_refusal(std::string(100, '[') + std::string(100, ']'))
          .find("more than 64 levels") != std::string::npos);
  CHECK(
      text_refusal(std::string((1 << 20) + 1, ' ')).find("1048577 bytes") !=
      std::string::npos);
}

TEST_CASE("unknown and missing keys name the nearest") {
  CHECK(
      refusal("/stage", 1) ==
      "s.json: (top): found the unknown key 'stage', expected 'stages' "
      "perhaps");
  CHECK(
      refusal("/stages/0/repeats", 1) ==
      "s.json: stages[0]: found the unknown key 'repeats', expected 'repeat' "
      "perhaps");
  CHECK(
      refusal("/operations/conv/1/strides", 1) ==
      "s.json: operations.conv[1]: found the unknown key 'strides', expected "
      "'stride' perhaps");
  CHECK(
      refusal("/stages/0", Json{{"cell", "c"}}) ==
      "s.json: stages[0]: found no key 'channels', expected one");
  CHECK(refusal("/operations/conv/1", Json{{"convolution", 3}})
            .starts_with("s.json: operations.conv[1]: found "
                         "{\"convolution\":3}, expected an object with one of "
                         "conv, depthwise,"));
}

TEST_CASE("values of the wrong kind and numbers out of range") {
  CHECK(
      refusal("/cells/c/nodes", 2.5) ==
      "s.json: cells.c.nodes: found 2.5, expected a whole number from 2 to 64");
  CHECK(refusal("/cells/c/nodes", 65).find("found 65") != std::string::npos);
  CHECK(
      refusal("/cells/c/nodes", 18446744073709551615U)
          .find("found 18446744073709551615") != std::string::npos);
  CHECK(
      refusal("/name", "a b") ==
      "s.json: name: found \"a b\", expected 1 to 64 letters, digits, '-', '_' "
      "and '.'");
  CHECK(
      refusal("/stem/channels", -1) ==
      "s.json: stem.channels: found -1, expected a whole number from 0 to "
      "1000000000");
  CHECK(
      refusal("/stem/channels", true).find("found true") != std::string::npos);
  CHECK(
      refusal("/stem/channels", "width*") ==
      "s.json: stem.channels: found 'width*', which ends early, expected a "
      "number, or names and numbers with + - * /");
  CHECK(
      built("/stem/channels", 70000) ==
      "s.json: stem.channels: found 70000, expected 1 to 65536 (spec "
      "'width=8,kernel=1,1<-0=none,2<-0=none,2<-1=none', input 3x8x8)");
  CHECK(
      built("/stages/0/repeat", 501).find("stages[0].repeat: found 501") !=
      std::string::npos);
  CHECK(
      built("/operations/pool/0/avg_pool", 0).find("found 0") !=
      std::string::npos);
  CHECK(
      built("/stem/channels", "width/3")
          .find("found 8/3, which is not whole") != std::string::npos);
}

TEST_CASE("choices: empty, twice, mixed, unread, hidden") {
  CHECK(
      refusal("/choices/width", Json::array()) ==
      "s.json: choices.width: found an empty list, expected one value or more");
  CHECK(
      refusal("/cells/c/choose", Json::array()) ==
      "s.json: cells.c.choose: found an empty list, expected one value or "
      "more");
  CHECK(
      refusal("/choices/width", {8, 8}) ==
      "s.json: choices.width[1]: found '8' twice, expected each value once");
  CHECK(
      refusal("/choices/width", Json::array({8, "conv"}))
          .find("choices.width[1]") != std::string::npos);
  CHECK(
      refusal("/choices/depth", {1, 2}) ==
      "s.json: choices.depth: found the choice 'depth', which nothing reads, "
      "expected a layer or a stage that does");
  CHECK(
      refusal("/choices/in", {1, 2}).find("the name 'in'") !=
      std::string::npos);
  CHECK(
      refusal("/cells/c/choose", {"none", "convv"}) ==
      "s.json: cells.c.choose[1]: found \"convv\", expected the name of an "
      "operation or of a layer without numbers");
}

TEST_CASE("edges: cycles, unknown nodes, nodes that nothing leads to") {
  CHECK(
      refusal("/cells/c/edges", {"1<-0", "2<-1", "1<-2"}) ==
      "s.json: cells.c.edges[2]: found the edge '1<-2', expected an edge from "
      "a lower node to a higher one: nodes are numbered so that there is no "
      "cycle");
  CHECK(
      refusal("/cells/c/edges", {"1<-0", "3<-1"}) ==
      "s.json: cells.c.edges[1]: found the edge '3<-1', expected TO<-FROM with "
      "nodes from 0 to 2");
  CHECK(
      refusal("/cells/c/edges", {"1<-0"}) ==
      "s.json: cells.c.edges: found no edge into node 2, expected one like "
      "2<-0");
  CHECK(
      refusal("/cells/c/edges", {"1<-0", "2<-0", "2<-0"}) ==
      "s.json: cells.c.edges[2]: found the edge '2<-0' twice, expected each "
      "edge once");
  CHECK(
      refusal("/cells/c/output", 3).find("cells.c.output: found 3") !=
      std::string::npos);
}

TEST_CASE("names that stand for nothing, and operations that use themselves") {
  CHECK(
      refusal("/operations/conv/1/conv", "kernal") ==
      "s.json: operations.conv[1]: found the unknown name 'kernal', expected "
      "'kernel' perhaps");
  CHECK(
      refusal("/stages/0", {{"channels", "width"}, {"block", "cnv"}}) ==
      "s.json: stages[0].block: found the unknown operation 'cnv', expected "
      "'conv' perhaps");
  CHECK(
      refusal("/operations/pool", {"conv", "pool"}) ==
      "s.json: operations.pool[1]: found a cycle of operations, pool -> pool, "
      "expected none to use itself");
  CHECK(
      refusal("/stages/0/cell", "d").find("the name of a cell") !=
      std::string::npos);
}

TEST_CASE("shapes that do not fit are named where they meet") {
  CHECK(
      built("/operations/pool", {{{"avg_pool", 3}, {"stride", 2}}}) ==
      "s.json: cells.c.edges[2]: found a sum at node 2 of 8x8x8 and 8x4x4 "
      "(term 2), expected equal shapes (spec "
      "'width=8,kernel=1,1<-0=none,2<-0=none,2<-1=pool', input 3x8x8)");
  CHECK(
      built("/head", {{{"linear", "classes"}}})
          .find("head[0]: found a map of 8x8x8, expected a vector") !=
      std::string::npos);
  CHECK(
      built("/head", Json::array({"global_avg_pool"}))
          .find("head: found an output of 8x1x1, expected 10x1x1") !=
      std::string::npos);
  CHECK(
      built("/operations/pool/0", {{"conv", 3}, {"groups", 3}})
          .find("found 3 groups, expected a divisor of 8 channels in and 8 "
                "out") != std::string::npos);
  CHECK(
      built("/operations/pool", {{{"max_pool", 9}, {"padding", 0}}})
          .find("a window of 9x9 pixels on a map of 8x8x8") !=
      std::string::npos);
  CHECK(
      built("/operations/pool", {{{"max_pool", 3}, {"padding", 2}}})
          .find("found 2, expected at most half the kernel, 1") !=
      std::string::npos);
  CHECK(
      built(
          "/operations/pool",
          {{{"concat", {{"skip"}, {{{"avg_pool", 2}, {"stride", 2}}}}}}})
          .find("operations.pool[0]: found 8x4x4 beside 8x8x8") !=
      std::string::npos);
  CHECK(
      built("/operations/pool", {{{"multiply", {"skip"}}}})
          .find("found a factor of 8x8x8, expected 8x1x1") !=
      std::string::npos);
}

TEST_CASE("networks that are too large") {
  Json stages = Json::array();
  for (int i = 0; i < 8; ++i) {
    stages.push_back(
        {{"channels", 65536},
         {"repeat", 500},
         {"block", Json::array({{{"conv", 255}}, {{"conv", "kernel"}}})}});
  }
  Json space = small();
  space.erase("cells");
  space["stages"] = stages;
  const auto parsed = json::parse_space(space.dump(), "s.json");
  const auto message = [&](Shape input) -> std::string {
    try {
      parsed->build(parsed->spec(0), input, 10);
    } catch (const UserError& error) {
      return error.what();
    }
    return "";
  };
  CHECK(
      message({3, 8, 8}).find("multiplications up to here") !=
      std::string::npos);
  CHECK(message({3, 4096, 4096}).find("found a map of") != std::string::npos);
}

TEST_CASE("a spec's template names each choice once and can be read back") {
  CHECK(
      refusal("/spec", "{width}/{kernel}/{1<-0}{2<-0}/{2<-1}")
          .find("found nothing behind {1<-0}") != std::string::npos);
  CHECK(
      refusal("/spec", "{width}/{kernel}/{1<-0}o{2<-0}/{2<-1}")
          .find("found 'o' behind {1<-0}, expected text that its value "
                "'none' does not hold") != std::string::npos);
  CHECK(
      refusal("/spec", "{width}").find("found no '{kernel}'") !=
      std::string::npos);
  CHECK(
      refusal("/spec", "{width}{width}").find("'{width}' twice") !=
      std::string::npos);
  CHECK(
      refusal("/spec", "{depth}").find("'{depth}', which is no choice") !=
      std::string::npos);
  CHECK(
      refusal("/spec", "{width").find("an unpaired brace") !=
      std::string::npos);
  CHECK(refusal("/spec", "{width}/{kernel}/{1<-0}/{2<-0}/{2<-1}").empty());
}

TEST_CASE("modules called ReLU begin with one") {
  // NASWOT's authors look at what such a module reads.
  CHECK(
      built(
          "/operations/pool",
          {{{"module", "ConvReLU"},
            {"layers", Json::array({{{"conv", 1}}, "relu"})}}})
          .find("a module with ReLU in its name") != std::string::npos);
  CHECK(built(
            "/operations/pool",
            {{{"module", "ReLUConv"},
              {"layers", Json::array({"relu", {{"conv", 1}}})}}})
            .empty());
}

TEST_CASE("a choice of sources and of operations for several edges") {
  Json space = small();
  space["choices"]["op"] = {"conv", "pool"};
  space["choices"]["from"] = {0, 1};
  space["cells"]["c"] = {
      {"nodes", 3},
      {"edges", {{"1<-0", "op"}, {"2<-from", "op"}}},
      {"output", {1, 2}}};
  space["stages"][0]["repeat"] = 1;
  const auto parsed = json::parse_space(space.dump(), "s.json");
  CHECK(parsed->info().size == 2 * 2 * 2 * 2);
  const auto graph = [&](const std::string& spec) {
    return parsed->build(spec, {3, 8, 8}, 10);
  };
  const auto chained = graph("width=8,kernel=3,op=conv,from=1");
  const auto beside = graph("width=8,kernel=3,op=conv,from=0");
  CHECK(chained.params() == beside.params());
  CHECK(chained.hash() != beside.hash());
  // 3x3 stem, two 3x3 convolutions of 8 channels, BatchNorms, 16 to 10.
  CHECK(
      chained.params() == 3 * 9 * 8 + 16 + 2 * (8 * 9 * 8 + 16) + 16 * 10 + 10);
}
