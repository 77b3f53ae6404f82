#include <doctest/doctest.h>

#include "apps/train/options.h"
#include "tests/support/temporary.h"

namespace {

using namespace zcp::apps;

TrainOptions parse(Arguments arguments) {
  arguments.insert(arguments.begin(), {"--epochs", "2"});
  const auto options = parse_train_options(arguments);
  REQUIRE(options);
  return *options;
}

std::string refusal(const Arguments& arguments) {
  return zcp::test::user_error([&] { parse(arguments); });
}

}  // namespace

TEST_CASE("train options: defaults") {
  const TrainOptions options = parse({"--csv", "out/acc.csv"});
  CHECK(options.training.epochs == 2);
  CHECK(options.training.batch_size == 128);
  CHECK(options.training.learning_rate == 0.1);
  CHECK(options.training.momentum == 0.9);
  CHECK(options.training.weight_decay == 5e-4);
  CHECK(options.init == "pytorch");
  CHECK(options.task.transform == "augment");
  CHECK(options.data.transform == zcp::tasks::Transform::augment);
  CHECK(options.data.train_size == 0);
  CHECK(options.store == "out/acc.sqlite");
  CHECK(options.workers >= 1);
  CHECK(options.all_seeds() == std::vector<std::uint64_t>{0});
  CHECK(options.command_line == "zcp train --epochs 2 --csv out/acc.csv");
}

TEST_CASE("train options: seeds follow the first one") {
  const TrainOptions options =
      parse({"--csv", "-", "--store", "s", "--seed", "5", "--seeds", "3"});
  CHECK(options.all_seeds() == std::vector<std::uint64_t>{5, 6, 7});
  CHECK(options.store == "s");
}

TEST_CASE("train options: workers are counted on each device") {
  const TrainOptions options =
      parse({"--csv", "a", "--device", "cuda:0,cuda:1", "--workers", "3"});
  CHECK(options.devices == std::vector<std::string>{"cuda:0", "cuda:1"});
  CHECK(options.workers == 6);
  CHECK(parse({"--csv", "a", "--workers", "3"}).workers == 3);
}

TEST_CASE("train options: what is refused") {
  CHECK(
      refusal({"--csv", "a", "--device", "tpu"}) ==
      "--device tpu: expected cpu or cuda:0[,cuda:1...]");
  CHECK(
      refusal({"--csv", "-"}) ==
      "--csv - needs --store, a file that keeps what is trained");
  CHECK(
      refusal({"--csv", "a", "--momentum", "2"}) ==
      "--momentum 2: expected 0 to 1");
  CHECK(
      refusal({"--csv", "a", "--train-images", "-1"}) ==
      "--train-images -1: expected 0 or more");
  CHECK(
      refusal({"--csv", "a", "--seeds", "0"}) ==
      "--seeds 0: expected 1 or more");
}
