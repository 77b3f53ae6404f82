#include <set>

#include "benchmarks/task.h"
#include "common/error.h"
#include "nets/space.h"
#include "tests/test_support.h"

using namespace zcp::nets;

TEST_CASE("every space enumerates specs that it accepts and builds") {
  for (const auto& space : spaces()) {
    const auto& info = space->info();
    CAPTURE(info.name);
    CHECK(space->normalise(info.example) == info.example);
    for (const auto& spec : sample_specs(*space, 20, 1)) {
      CHECK(space->normalise(spec) == spec);
      const auto& task = zcp::benchmarks::find_task(info.tasks[0]);
      const auto& shape = task.shape;
      const Graph graph = space->build(
          spec, {shape.channels, shape.height, shape.width}, task.classes);
      CHECK(graph.params() > 0);
      CHECK(graph.output_shape() == Shape{task.classes, 1, 1});
    }
  }
}

TEST_CASE("a mutation is another member of the space, by the seed alone") {
  for (const auto& space : spaces()) {
    CAPTURE(space->info().name);
    std::set<std::string> neighbours;
    for (const auto& spec : sample_specs(*space, 10, 2)) {
      for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const std::string other = space->mutate(spec, seed);
        CHECK(other != spec);
        CHECK(space->normalise(other) == other);
        CHECK(other == space->mutate(spec, seed));
        neighbours.insert(other);
      }
    }
    CHECK(neighbours.size() > 20);
  }
}

TEST_CASE("a sample is drawn without repetition and by the seed alone") {
  const Space& space = find_space("nats-tss");
  const auto a = sample_specs(space, 300, 5);
  CHECK(std::set<std::string>(a.begin(), a.end()).size() == 300);
  CHECK(a == sample_specs(space, 300, 5));
  CHECK(a != sample_specs(space, 300, 6));
  const auto more = sample_specs(space, 400, 5);
  CHECK(std::vector<std::string>(more.begin(), more.begin() + 300) == a);
  CHECK_THROWS_AS(sample_specs(space, 15626, 0), zcp::UserError);
  CHECK_THROWS_AS(sample_specs(space, 0, 0), zcp::UserError);
}

TEST_CASE("an unknown space names the nearest") {
  try {
    find_space("nats-ts");
    FAIL("no error");
  } catch (const zcp::UserError& error) {
    CHECK(std::string(error.what()).find("nats-tss") != std::string::npos);
  }
}
