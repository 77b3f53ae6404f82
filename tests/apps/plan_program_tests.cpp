// zcp plan and zcp submit as a process.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/program.h"

namespace {

using namespace zcp::test;

const Strings kSmall{
    "--space",
    "nats-tss",
    "--sample",
    "30",
    "--task",
    "gaussian",
    "--batch-size",
    "4",
    "--proxies",
    "params,grad_norm",
    "--workers",
    "1"};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("program: a plan says what the run will do, and writes nothing") {
  const TemporaryFolder folder;
  const std::string store = folder.path() / "s.sqlite";
  const std::string text = output_of(
      Strings{"plan"} + kSmall +
      Strings{
          "--store",
          store,
          "--json",
          "--measure",
          "3",
          "--nodes=2",
          "--quiet"});
  CHECK_FALSE(std::filesystem::exists(store));
  const auto plan = nlohmann::json::parse(text);
  CHECK(plan["architectures"] == 30);
  CHECK(plan["measured"] == 3);
  CHECK(plan["nodes"] == 2);
  CHECK(plan["tasks"] == 2);
  CHECK(plan["network_seconds"] > plan["measured_seconds"]);
  CHECK(plan["longest_network_seconds"] < plan["network_seconds"]);
  CHECK(plan["proxy_seconds"]["grad_norm"] > 0);
  CHECK(plan["worker_memory_bytes"] > 0);
  const std::string submit = plan["submit"];
  CHECK(submit.starts_with("zcp submit --tasks 2 --at-once 2 --cpus 1 "));
  CHECK(submit.ends_with(
      "-- score --space nats-tss --sample 30 --task gaussian --batch-size 4 "
      "--proxies params,grad_norm --workers 1 --store " +
      store + " --quiet"));
  // The store's size is that of the store.
  output_of(Strings{"score"} + kSmall + Strings{"--store", store, "--quiet"});
  const auto bytes = static_cast<double>(std::filesystem::file_size(store));
  CHECK(plan["store_bytes"] == doctest::Approx(bytes).epsilon(0.1));
}

TEST_CASE("program: every network is measured where there are few") {
  const auto plan = nlohmann::json::parse(output_of(
      Strings{"plan"} + kSmall + Strings{"--json", "--quiet"} +
      Strings{"--measure", "1000"}));
  CHECK(plan["measured"] == plan["networks"]);
  CHECK(
      plan["network_seconds"].get<double>() ==
      doctest::Approx(plan["measured_seconds"].get<double>()));
}

TEST_CASE("program: a plan in words ends with what to submit") {
  const std::string text =
      output_of(Strings{"plan"} + kSmall + Strings{"--measure", "2"});
  CHECK(contains(text, "architectures   30 ("));
  CHECK(contains(text, "1 node "));
  CHECK(contains(text, "\nzcp submit --tasks 1 "));
  CHECK(contains(text, "--store scores.sqlite\n"));
}

TEST_CASE("program: plan refuses as score does") {
  check_refused({"plan", "--space", "nats-tss"}, "--proxies");
  check_refused(
      Strings{"plan"} + kSmall + Strings{"--nodes", "0"}, "--nodes 0");
  check_refused({"plan", "--proxies", "zicoo", "--all"}, "zico");
}
