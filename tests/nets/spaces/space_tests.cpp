#include <set>

#include "benchmarks/tasks/task.h"
#include "common/error.h"
#include "nets/spaces/space.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::graph;
using namespace zcp::spaces;

namespace {

/// The tasks of a space's truth of which this build knows the shape.
std::vector<zcp::tasks::TaskInfo> known_tasks(const Space& space) {
  std::vector<zcp::tasks::TaskInfo> known;
  for (const auto& name : space.info().tasks) {
    for (const auto& task : zcp::tasks::all_tasks()) {
      if (task.name == name) known.push_back(task);
    }
  }
  return known;
}

}  // namespace

TEST_CASE("every space draws specs that it accepts") {
  for (const auto& space : all_spaces()) {
    const auto& info = space->info();
    CAPTURE(info.name);
    CHECK(space->normalise(info.example) == info.example);
    for (const auto& spec : sample_specs(*space, 20, 1)) {
      CHECK(space->normalise(spec) == spec);
    }
  }
}

TEST_CASE("every space builds a sample for each task of its truth") {
  for (const auto& space : all_spaces()) {
    CAPTURE(space->info().name);
    const auto tasks = known_tasks(*space);
    REQUIRE_FALSE(tasks.empty());
    for (const auto& task : tasks) {
      CAPTURE(task.name);
      const Shape input{
          task.shape.channels, task.shape.height, task.shape.width};
      const Output output(task.classes, task.head);
      const bool dense =
          output.head == Head::pixels || output.head == Head::pixel_classes;
      for (const auto& spec : sample_specs(*space, 20, 1)) {
        const Graph graph = space->build(spec, input, output);
        CHECK(graph.params() > 0);
        CHECK(graph.hash() == space->build(spec, input, output).hash());
        if (output.head == Head::tokens) {
          CHECK(graph.output_shape().height == input.height);
          continue;
        }
        CHECK(
            graph.output_shape() == Shape{
                                        output.channels,
                                        dense ? input.height : 1,
                                        dense ? input.width : 1});
      }
    }
  }
}

TEST_CASE("a mutation is another member of the space, by the seed alone") {
  for (const auto& space : all_spaces()) {
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

TEST_CASE("counting alone counts what is counted beside a network") {
  for (const auto& space : all_spaces()) {
    CAPTURE(space->info().name);
    const auto task = known_tasks(*space).front();
    const Shape shape{task.shape.channels, task.shape.height, task.shape.width};
    const Output output(task.classes, task.head);
    for (const auto& spec : sample_specs(*space, 5, 3)) {
      const auto built = [&](Folding folding) {
        return space->build(spec, shape, output, {}, folding);
      };
      const Graph counted = built(Folding::counted);
      const Graph declared = built(Folding::as_declared);
      CHECK(counted.params() == declared.params());
      CHECK(counted.macs() == declared.macs());
      CHECK(counted.layers().size() == declared.layers().size());
      CHECK(counted.output_shape() == declared.output_shape());
      CHECK(counted.input_shape() == shape);
    }
  }
}
