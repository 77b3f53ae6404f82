#include <doctest/doctest.h>

#include "apps/score/options.h"
#include "tests/support/temporary.h"

namespace {

using namespace zcp::apps;
using Strings = std::vector<std::string>;

ScoreOptions parse(Arguments arguments) {
  arguments.insert(arguments.begin(), {"--proxies", "params,core"});
  const auto options = parse_score_options(arguments);
  REQUIRE(options);
  return *options;
}

std::string refusal(const Arguments& arguments) {
  return zcp::test::user_error([&] { parse(arguments); });
}

}  // namespace

TEST_CASE("score options: defaults") {
  const ScoreOptions options = parse({});
  CHECK(options.proxies == Strings{"params", "core"});
  CHECK(options.task.transform == "normalise");
  CHECK(options.evaluator.seed == 0);
  CHECK(options.evaluator.batch_size == 64);
  CHECK(options.evaluator.minibatches == 2);
  CHECK_FALSE(options.evaluator.initialiser);
  CHECK(options.init == "default");
  CHECK(options.devices == Strings{"cpu"});
  CHECK(options.device_kind() == "cpu");
  CHECK(options.workers >= 1);
  CHECK(options.csv == "-");
  CHECK(options.timeout == 0);
  CHECK(options.store.empty());
  CHECK(options.shard.count == 1);
  CHECK_FALSE(options.quiet);
  CHECK(options.command_line == "zcp score --proxies params,core");
}

TEST_CASE("score options: values") {
  const ScoreOptions options = parse(
      {"--space",
       "nats-tss",
       "--all",
       "--init",
       "kaiming_normal",
       "--seed",
       "9",
       "--store",
       "s",
       "--shard",
       "1/3",
       "--precision",
       "fp64",
       "--quiet",
       "--workers",
       "5"});
  CHECK(options.selection.space == "nats-tss");
  CHECK(options.selection.all);
  CHECK(options.evaluator.initialiser);
  CHECK(options.evaluator.seed == 9);
  CHECK(options.evaluator.precision == "fp64");
  CHECK(options.store == "s");
  CHECK(options.shard.index == 1);
  CHECK(options.workers == 5);
  CHECK(options.quiet);
}

TEST_CASE("score options: workers are counted on each of several devices") {
  const Arguments two{"--device", "cuda:0,cuda:1"};
  CHECK(parse(two).workers == 2);
  CHECK(parse(two).device_kind() == "cuda");
  CHECK(parse({"--device", "cuda:0,cuda:1", "--workers", "3"}).workers == 6);
}

TEST_CASE("score options: what is refused") {
  CHECK(refusal({"--batch-size", "0"}) == "--batch-size 0: expected 1 or more");
  CHECK(refusal({"--seed", "-1"}) == "--seed -1: expected 0 or more");
  CHECK(refusal({"--shard", "3/3"}) == "--shard 3/3: expected 0 <= I < N");
  for (const char* devices : {"cpu,cpu", "cpu,cuda:0", "cuda:0,cuda:0"}) {
    CHECK(
        refusal({"--device", devices}) ==
        std::string("--device ") + devices +
            ": expected different devices of one kind");
  }
  CHECK(
      refusal({"--device", ","}) ==
      "--device ,: an item of the list is empty; expected items separated by "
      "single commas");
  CHECK(
      refusal({"--device", "mps"}) ==
      "--device mps: expected cpu or cuda:0[,cuda:1...]");
  CHECK(refusal({"--device", ""}) == "--device '': expected a value");
  CHECK(refusal({"--store", ""}) == "--store '': expected a value");
  CHECK(
      refusal({"--workers", "100000"}) ==
      "--workers 100000: expected at most 1024");
  CHECK(
      refusal({"--timeout", "-1"}) ==
      "--timeout -1: expected 0 to 1000000 seconds");
  CHECK(
      refusal({"--timeout", "nan"}) ==
      "--timeout nan: expected 0 to 1000000 seconds");
  CHECK(
      refusal({"--sandbox", "--space", "nats-tss"}) ==
      "--sandbox goes with --model, not with --space");
  CHECK(
      refusal({"--sandbox", "--device", "cuda:0"}) ==
      "--sandbox: the drivers of devices do not work in one");
  CHECK(
      refusal({"--sandbox", "--no-sandbox"}) ==
      "--sandbox and --no-sandbox: expected one of them");
  CHECK(refusal({"--retry-failed"}) == "--retry-failed goes with --store");
}

TEST_CASE("score options: model files have a sandbox, on a processor") {
  CHECK(sandbox_asked_for(false, false, true, true) == Sandbox::where_possible);
  CHECK(sandbox_asked_for(true, false, true, true) == Sandbox::required);
  CHECK(sandbox_asked_for(false, true, true, true) == Sandbox::off);
  CHECK(sandbox_asked_for(false, false, false, true) == Sandbox::off);
  CHECK(sandbox_asked_for(false, false, true, false) == Sandbox::off);
  CHECK(sandbox_asked_for(false, true, true, false) == Sandbox::off);
}
