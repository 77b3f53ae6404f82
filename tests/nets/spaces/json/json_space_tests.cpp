// The examples against the spaces that they write down, and what spaces in JSON
// promise.
#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "common/error.h"
#include "nets/spaces/json/json_space.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::graph;
using namespace zcp::spaces;

namespace {

constexpr Shape kCifar{3, 32, 32};

std::string example_path(const std::string& name) {
  return test::golden("") / "../../nets/spaces/examples" / name;
}

std::shared_ptr<const Space> example(const std::string& name) {
  return open_space(example_path(name));
}

std::string example_text(const std::string& name) {
  std::ifstream file(example_path(name));
  std::ostringstream text;
  text << file.rdbuf();
  REQUIRE(text.str().size() > 500);
  return text.str();
}

/// How many of these indices give another spec, count or hash in the two
/// spaces.
int different(
    const Space& a,
    const Space& b,
    std::int64_t step,
    Folding folding,
    Shape input,
    int classes) {
  REQUIRE(a.info().size == b.info().size);
  int count = 0;
  std::int64_t looked = 0;
  for (std::int64_t i = 0; i < a.info().size; i += step) {
    ++looked;
    const std::string spec = a.spec(i);
    if (spec != b.spec(i) || b.normalise(spec) != spec) {
      ++count;
      continue;
    }
    const Graph x = a.build(spec, input, classes, {}, folding);
    const Graph y = b.build(spec, input, classes, {}, folding);
    if (x.params() != y.params() || x.macs() != y.macs() ||
        x.hash() != y.hash() || x.declared_hash() != y.declared_hash() ||
        x.blocks().size() != y.blocks().size() ||
        !std::equal(x.blocks().begin(), x.blocks().end(), y.blocks().begin())) {
      ++count;
    }
  }
  REQUIRE(looked > 400);
  return count;
}

}  // namespace

TEST_CASE("NATS-TSS written down: every member is that of the benchmark") {
  const auto written = example("nats_tss.json");
  const Space& own = find_space("nats-tss");
  CHECK(different(own, *written, 1, Folding::functional, kCifar, 10) == 0);
}

TEST_CASE("NATS-TSS written down: what runs as declared is the same too") {
  const auto written = example("nats_tss.json");
  const Space& own = find_space("nats-tss");
  const Shape input{3, 16, 16};
  CHECK(different(own, *written, 23, Folding::as_declared, input, 120) == 0);
}

TEST_CASE("NATS-SSS written down: every 17th member is the benchmark's") {
  const auto written = example("nats_sss.json");
  const Space& own = find_space("nats-sss");
  CHECK(different(own, *written, 17, Folding::functional, kCifar, 10) == 0);
  CHECK(different(own, *written, 71, Folding::as_declared, kCifar, 10) == 0);
}

TEST_CASE("written-down spaces: the order of a sample is the benchmark's") {
  CHECK(
      sample_specs(*example("nats_tss.json"), 50, 3) ==
      sample_specs(find_space("nats-tss"), 50, 3));
}

TEST_CASE("the mobile example: counts by hand, a sample that builds") {
  const auto space = example("mobile.json");
  // Two widths, three depths, (3 * 2)^4 layers; three stages.
  CHECK(space->info().size == 470184984576);
  const Shape input{3, 224, 224};
  for (const std::string& spec : sample_specs(*space, 30, 1)) {
    CHECK(space->normalise(spec) == spec);
    const Graph graph = space->build(spec, input, 1000);
    CHECK(graph.output_shape() == Shape{1000, 1, 1});
  }
  // Every stage: width w, depth 2, kernel 3, expansion 3. A layer of c channels
  // in: expand 3c^2 + 2 * 3c; depthwise 27c + 2 * 3c; gate 2 * (3c * 3c/4) +
  // 3c/4 + 3c; project 3cw + 2w.
  const auto layer = [](std::int64_t c, std::int64_t w) {
    return 3 * c * c + 6 * c + 27 * c + 6 * c + 2 * (3 * c * (3 * c / 4)) +
           3 * c / 4 + 3 * c + 3 * c * w + 2 * w;
  };
  std::int64_t params = 3 * 9 * 16 + 2 * 16;
  std::int64_t in = 16;
  for (const std::int64_t width : {24, 40, 80}) {
    params += layer(in, width) + layer(width, width);
    in = width;
  }
  params += in * 512 + 2 * 512 + 512 * 1000 + 1000;
  CHECK(space->build(space->spec(0), input, 1000).params() == params);
}

TEST_CASE("depth: layers that a network does not have make no difference") {
  const auto space = example("mobile.json");
  const Shape input{3, 64, 64};
  // The last choice is the expansion of the last stage's fourth layer.
  const Graph a = space->build(space->spec(0), input, 10);
  const Graph b = space->build(space->spec(1), input, 10);
  CHECK(space->spec(0) != space->spec(1));
  CHECK(a.hash() == b.hash());
}

TEST_CASE("a space in JSON is known by its content") {
  const std::string text = example_text("nats_tss.json");
  const auto space = json::parse_space(text, "a.json");
  CHECK(space->info().name.starts_with("nats-tss-json@"));
  CHECK(space->info().name.size() == std::string("nats-tss-json@").size() + 16);
  // Layout, file name and summary say nothing of the networks.
  std::string other = text;
  other.replace(other.find("written down"), 12, "as JSON");
  other.erase(other.find('\n'), 1);
  CHECK(json::parse_space(other, "b.json")->info().name == space->info().name);
  std::string wider = text;
  wider.replace(wider.find("\"channels\": 64"), 14, "\"channels\": 60");
  CHECK(json::parse_space(wider, "a.json")->info().name != space->info().name);
}

TEST_CASE("examples: a mutation changes one choice, neighbours are all") {
  for (const char* name : {"nats_tss.json", "nats_sss.json", "mobile.json"}) {
    const auto space = example(name);
    const std::string spec = space->info().example;
    const std::vector<int> own = space->options_of(spec);
    std::set<std::string> seen;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
      const std::string other = space->mutate(spec, seed);
      CHECK(other == space->mutate(spec, seed));
      const std::vector<int> options = space->options_of(other);
      int changed = 0;
      for (std::size_t i = 0; i < own.size(); ++i) {
        changed += own[i] != options[i] ? 1 : 0;
      }
      CHECK(changed == 1);
      CHECK(space->spec_of(options) == other);
      seen.insert(other);
    }
    std::size_t neighbours = 0;
    for (const int size : space->choices()) {
      neighbours += static_cast<std::size_t>(size) - 1;
    }
    CHECK(space->neighbours(spec).size() == neighbours);
    CHECK(seen.size() > neighbours * 9 / 10);
  }
}

TEST_CASE("specs by names are read in any order, with a template too") {
  const auto space = example("nats_sss.json");
  CHECK(space->normalise("c4=8,c3=16,c2=24,c1=32,c0=64") == "64:32:24:16:8");
  const auto message = [&](const std::string& spec) -> std::string {
    try {
      space->normalise(spec);
    } catch (const UserError& error) {
      return error.what();
    }
    return "";
  };
  CHECK(
      message("8:8:9:8:8") ==
      "spec '8:8:9:8:8': c2 is '9', expected one of 8, 16, 24, 32, 40, 48, 56, "
      "64");
  CHECK(message("8:8:8:8").find("c3 is '8'") == std::string::npos);
  CHECK(message("8:8:8:8").find("expected ':'") != std::string::npos);
  CHECK(message("8:8:8:8:8:8").find("c4 is '8:8'") != std::string::npos);
  CHECK(message("c0=8,c0=8").find("c0 twice") != std::string::npos);
  CHECK(message("c0=8").find("no c1") != std::string::npos);
  CHECK(message("c9=8").find("'c9=8'") != std::string::npos);
  CHECK(!message("").empty());
}

TEST_CASE("a space in JSON takes no other widths than its own") {
  const auto space = example("nats_tss.json");
  const std::string spec = space->spec(0);
  CHECK_THROWS_AS(space->build(spec, kCifar, 10, {8, 0, true}), UserError);
  CHECK_THROWS_AS(space->build(spec, kCifar, 10, {0, 2, true}), UserError);
  CHECK_THROWS_AS(
      space->build(spec, kCifar, Output(3, Head::pixels)), UserError);
}

TEST_CASE("open_space: a file, a name, or neither") {
  CHECK(open_space("nats-tss").get() == &find_space("nats-tss"));
  const auto message = [](const std::string& name) -> std::string {
    try {
      open_space(name);
    } catch (const UserError& error) {
      return error.what();
    }
    return "";
  };
  CHECK(message("absent.json").find("no such file") != std::string::npos);
  CHECK(message("nats-ts").find("nats-tss") != std::string::npos);
}
