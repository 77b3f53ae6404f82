#include <doctest/doctest.h>

#include "apps/score/protocol.h"

namespace {

using namespace zcp::apps;
using zcp::store::Protocol;

ScoreOptions options_of(Arguments arguments) {
  arguments.insert(
      arguments.begin(), {"--proxies", "params", "--task", "gaussian"});
  const auto options = parse_score_options(arguments);
  REQUIRE(options);
  return *options;
}

Protocol protocol_of(const Arguments& arguments, bool reads_data) {
  const ScoreOptions options = options_of(arguments);
  const Selection selection = select_architectures(options.selection, 0);
  const TaskChoice task = choose_task(options.task, reads_data, 0);
  return score_protocol(options, selection, task, reads_data);
}

}  // namespace

TEST_CASE("a score's protocol: the defaults") {
  const Protocol protocol =
      protocol_of({"--space", "nats-tss", "--sample", "1"}, false);
  CHECK(
      protocol == Protocol{
                      {"space", "nats-tss"},
                      {"task", "gaussian"},
                      {"classes", "10"},
                      {"transform", "normalise"},
                      {"batch_size", "64"},
                      {"minibatches", "2"},
                      {"seed", "0"},
                      {"init", "default"},
                      {"precision", "fp32"},
                      {"device", "cpu"}});
}

TEST_CASE("a score's protocol: what is given, and the data that are read") {
  const Protocol protocol = protocol_of(
      {"--space",
       "nats-tss",
       "--sample",
       "1",
       "--device",
       "cuda:1",
       "--seed",
       "3",
       "--channels",
       "8",
       "--resolution",
       "16",
       "--classes",
       "4"},
      true);
  CHECK(protocol.at("device") == "cuda");
  CHECK(protocol.at("seed") == "3");
  CHECK(protocol.at("channels") == "8");
  CHECK(protocol.at("resolution") == "16");
  CHECK(protocol.at("classes") == "4");
  CHECK(protocol.at("data").size() == 16);
  CHECK_FALSE(protocol.contains("cells"));
}
