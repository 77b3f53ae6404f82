#include <doctest/doctest.h>

#include "apps/selection.h"
#include "tests/support/temporary.h"

namespace {

using namespace zcp::apps;
using zcp::test::TemporaryFolder;
using zcp::test::user_error;
using Strings = std::vector<std::string>;

/// The first two pass the input on, the third convolves it.
const Strings kSpecs{
    "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|",
    "|skip_connect~0|+|none~0|skip_connect~1|+|none~0|none~1|skip_connect~2|",
    "|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|"};

SelectionOptions members(const Strings& specs) {
  SelectionOptions options;
  options.space = "nats-tss";
  options.archs = specs;
  return options;
}

SelectionOptions sample(std::int64_t count) {
  SelectionOptions options;
  options.space = "nats-tss";
  options.sample = count;
  return options;
}

TaskOptions gaussian() {
  TaskOptions options;
  options.name = "gaussian";
  options.transform = "normalise";
  return options;
}

Selection distinct(SelectionOptions options) {
  options.distinct = true;
  Selection selection = select_architectures(options, 0);
  const auto graphs = graphs_of(selection, choose_task(gaussian(), false, 0));
  REQUIRE(graphs != nullptr);
  keep_distinct(selection, graphs.get());
  return selection;
}

}  // namespace

TEST_CASE("selection: specs as asked, the skeleton, the seed") {
  SelectionOptions options = members(kSpecs);
  options.channels = 4;
  options.cells = 2;
  const Selection selection = select_architectures(options, 7);
  REQUIRE(selection.space != nullptr);
  CHECK(selection.space->info().name == "nats-tss");
  CHECK(selection.specs == kSpecs);
  CHECK(selection.names() == kSpecs);
  CHECK(selection.skeleton.channels == 4);
  CHECK(selection.skeleton.cells_per_stage == 2);
  CHECK(selection.seed == 7);
}

TEST_CASE("selection: a whole space, a sample, a file") {
  SelectionOptions all;
  all.space = "nats-tss";
  all.all = true;
  CHECK(select_architectures(all, 0).specs.size() == 15625);
  const Strings three = select_architectures(sample(3), 5).specs;
  CHECK(three.size() == 3);
  CHECK(select_architectures(sample(3), 5).specs == three);
  CHECK(select_architectures(sample(3), 6).specs != three);
  const TemporaryFolder folder;
  SelectionOptions listed;
  listed.space = "nats-tss";
  listed.arch_file =
      folder.write("list", kSpecs[2] + "\n" + kSpecs[0] + "\n").string();
  CHECK(select_architectures(listed, 0).specs == Strings{kSpecs[2], kSpecs[0]});
}

TEST_CASE("selection: models are named by their files") {
  const TemporaryFolder folder;
  SelectionOptions options;
  options.models = {folder.write("a.pt", "x"), folder.write("b.pt", "x")};
  const Selection selection = select_architectures(options, 0);
  CHECK(selection.space == nullptr);
  CHECK(selection.names() == Strings{"a", "b"});
  const TaskChoice task = choose_task(gaussian(), false, 0);
  CHECK(graphs_of(selection, task) == nullptr);
}

TEST_CASE("selection: one way of choosing, not none and not two") {
  const auto refusal = [](const SelectionOptions& options) {
    return user_error([&] { select_architectures(options, 0); });
  };
  CHECK(refusal({}) == "no architecture: expected one of --space, --model");
  CHECK(
      refusal(members({})) ==
      "no architecture: expected one of --arch, --archs, --sample, --all");
  SelectionOptions two = members(kSpecs);
  two.arch_file = "";
  CHECK(refusal(two) == "--arch and --archs exclude each other");
  SelectionOptions model;
  model.models = {"/no/such.pt"};
  CHECK(refusal(model) == "--model /no/such.pt: no such file");
  model.cells = 1;
  CHECK(refusal(model) == "--cells goes with --space, not with --model");
  SelectionOptions thin = members(kSpecs);
  thin.channels = 0;
  CHECK(refusal(thin) == "--channels 0: expected 1 or more");
}

TEST_CASE("distinct leaves the first of each function") {
  CHECK(distinct(members(kSpecs)).specs == Strings{kSpecs[0], kSpecs[2]});
}

TEST_CASE("a distinct sample has as many as it was to have") {
  const Selection selection = distinct(sample(60));
  CHECK(selection.specs.size() == 60);
  // It is drawn on where the plain sample holds a function twice.
  const Strings plain = select_architectures(sample(60), 0).specs;
  CHECK(selection.specs.front() == plain.front());
}

TEST_CASE("a task: numbers that are refused, classes that are set") {
  TaskOptions options = gaussian();
  options.classes = 7;
  const TaskChoice task = choose_task(options, false, 0);
  CHECK(task.name == "gaussian");
  CHECK(task.classes == 7);
  CHECK(task.task == nullptr);
  CHECK(choose_task(options, true, 0).task != nullptr);
  const auto refusal = [](const TaskOptions& wrong) {
    return user_error([&] { choose_task(wrong, false, 0); });
  };
  options.classes = -1;
  CHECK(refusal(options) == "--classes -1: expected 0 or more");
  options = gaussian();
  options.resolution = -2;
  CHECK(refusal(options) == "--resolution -2: expected 0 or more");
}

TEST_CASE("a protocol names the skeleton where it is not the benchmark's") {
  zcp::store::Protocol protocol;
  add_skeleton(protocol, {});
  CHECK(protocol.empty());
  add_skeleton(protocol, {.channels = 8, .cells_per_stage = 3});
  CHECK(protocol == zcp::store::Protocol{{"cells", "3"}, {"channels", "8"}});
}
