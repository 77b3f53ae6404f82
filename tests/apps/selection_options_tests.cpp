#include <doctest/doctest.h>

#include "apps/command.h"
#include "apps/selection_options.h"
#include "tests/support/temporary.h"

namespace {

using namespace zcp::apps;
namespace po = boost::program_options;
using Strings = std::vector<std::string>;

po::variables_map values_of(const Arguments& arguments, bool models = true) {
  po::options_description options("What");
  add_selection_options(options, models);
  add_task_options(options, "augment");
  po::variables_map values;
  const bool parsed =
      parse_options(arguments, "usage", "example", options, values);
  REQUIRE(parsed);
  return values;
}

}  // namespace

TEST_CASE("selection options: what was not given is none") {
  const SelectionOptions options = parse_selection_options(values_of({}));
  CHECK_FALSE(options.space);
  CHECK(options.archs.empty());
  CHECK_FALSE(options.arch_file);
  CHECK_FALSE(options.sample);
  CHECK_FALSE(options.all);
  CHECK_FALSE(options.distinct);
  CHECK_FALSE(options.channels);
  CHECK_FALSE(options.cells);
  CHECK(options.models.empty());
}

TEST_CASE("selection options: an empty text is refused by name") {
  for (const char* option : {"space", "archs", "arch", "data", "model"}) {
    const std::string name = std::string("--") + option;
    CHECK(zcp::test::user_error([&] {
            values_of({"--space", "x", "--arch", "x"});
            values_of({name, ""});
          }) == name + " '': expected a value");
  }
}

TEST_CASE("selection options: the files that are read") {
  const SelectionOptions options = parse_selection_options(
      values_of({"--model", "a.pt", "--model", "b.pt", "--archs", "-"}));
  CHECK(options.inputs() == Strings{"a.pt", "b.pt", "-"});
}

TEST_CASE("selection options: values, repetitions, signs") {
  const SelectionOptions options = parse_selection_options(values_of(
      {"--space",
       "nats-tss",
       "--arch",
       "a",
       "--arch",
       "b",
       "--sample",
       "-3",
       "--all",
       "--distinct",
       "--channels",
       "0",
       "--cells",
       "5",
       "--model",
       "m.pt"}));
  CHECK(options.space == "nats-tss");
  CHECK(options.archs == Strings{"a", "b"});
  CHECK(options.sample == -3);
  CHECK(options.all);
  CHECK(options.distinct);
  CHECK(options.channels == 0);
  CHECK(options.cells == 5);
  CHECK(options.models == Strings{"m.pt"});
}

TEST_CASE("selection options: models are an option only where they are read") {
  const std::string error = zcp::test::user_error([] {
    values_of({"--model", "m.pt"}, false);
  });
  CHECK(error.find("unknown option --model") != std::string::npos);
}

TEST_CASE("task options: defaults and values") {
  const TaskOptions own = parse_task_options(values_of({}));
  CHECK(own.name == "cifar10");
  CHECK(own.data.empty());
  CHECK(own.transform == "augment");
  CHECK(own.resolution == 0);
  CHECK(own.classes == 0);
  const TaskOptions given = parse_task_options(values_of(
      {"--task",
       "tensors",
       "--data",
       "b.pt",
       "--transform",
       "normalise",
       "--resolution",
       "12",
       "--classes",
       "-1"}));
  CHECK(given.name == "tensors");
  CHECK(given.data == "b.pt");
  CHECK(given.transform == "normalise");
  CHECK(given.resolution == 12);
  CHECK(given.classes == -1);
}
