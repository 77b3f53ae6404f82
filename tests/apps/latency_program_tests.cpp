// `zcp latency` as a process, on small networks.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/support/program.h"

namespace {

using namespace zcp::test;

const std::string kCell =
    "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|";

Strings latency(const Strings& more) {
  return Strings{"latency", "--warm-up", "0", "--repetitions", "1"} + more;
}

}  // namespace

TEST_CASE("program: latency measures every network of its own") {
  const TemporaryFolder folder;
  const std::string csv = folder.path() / "c.csv";
  const Strings cell = latency(
      {"--space", "nats-tss", "--arch", kCell, "--cells", "1", "--csv", csv});
  const Finished done = run_zcp(cell + Strings{"--channels", "2"});
  REQUIRE(done.status == 0);
  CHECK(
      done.err.find("--repetitions 1: no interval of the medians") !=
      std::string::npos);
  CHECK(
      read_file(csv).find(
          "; task cifar10 3x32x32, 10 classes; space nats-tss, cells 1, "
          "channels 2; batch 1;") != std::string::npos);
  // The same is not measured again, another network is refused.
  output_of(cell + Strings{"--channels", "2"});
  check_refused(cell, "channels 2");
  check_refused(cell + Strings{"--channels", "3"}, "channels 2");
  check_refused(
      cell + Strings{"--channels", "2", "--classes", "5"}, "10 classes");
  check_refused(cell + Strings{"--name", "arch"}, "--name 'arch'");
}

TEST_CASE("program: latency tells spaces with the same specs apart") {
  const TemporaryFolder folder;
  const std::string csv = folder.path() / "c.csv";
  const auto space = [&](int kernel) {
    return folder.write(
        fmt::format("{}.json", kernel),
        fmt::format(
            "{{\"name\": \"one\", \"choices\": {{\"a\": [4]}}, \"stem\": "
            "{{\"channels\": \"a\", \"layers\": [{{\"conv\": {}}}, \"bn\", "
            "\"relu\"]}}, \"stages\": [{{\"channels\": 4, \"block\": "
            "[\"skip\"]}}], \"head\": [\"global_avg_pool\", {{\"linear\": "
            "\"classes\"}}]}}",
            kernel));
  };
  const Strings both = {"--arch", "a=4", "--csv", csv};
  output_of(latency({"--space", space(3)}) + both);
  check_refused(latency({"--space", space(9)}) + both, "space one@");
}
