#include <doctest/doctest.h>

#include <cmath>

#include "apps/train/records.h"

using namespace zcp;

TEST_CASE("records of a complete training: its four measures") {
  training::TrainingResult result;
  result.test_accuracy = 81;
  result.test_loss = 0.5;
  result.train_accuracy = 92;
  result.train_loss = 0.25;
  result.seconds = 7;
  const auto records =
      apps::training_records("spec", "fashion-mnist", 3, result);
  REQUIRE(records.size() == 4);
  CHECK(records[0].arch == "spec");
  CHECK(records[0].proxy == "fashion_mnist_test_seed3");
  CHECK(records[0].value == 81);
  CHECK(records[1].proxy == "fashion_mnist_test_loss_seed3");
  CHECK(records[1].value == 0.5);
  CHECK(records[2].proxy == "fashion_mnist_train_seed3");
  CHECK(records[2].value == 92);
  CHECK(records[3].proxy == "fashion_mnist_train_loss_seed3");
  CHECK(records[3].value == 0.25);
  for (const auto& record : records) {
    CHECK(record.status == ScoreStatus::ok);
    CHECK(record.reason.empty());
    CHECK(record.seconds == 7);
  }
}

TEST_CASE("records of a training that diverged have a reason and no values") {
  training::TrainingResult result;
  result.end = training::TrainingEnd::diverged;
  result.epochs = 2;
  const auto records = apps::training_records("spec", "cifar10", 0, result);
  REQUIRE(records.size() == 4);
  for (const auto& record : records) {
    CHECK(record.status == ScoreStatus::degenerate);
    CHECK(std::isnan(record.value));
    CHECK(
        record.reason ==
        "the loss was not finite in epoch 2; a smaller --learning-rate may "
        "help");
  }
}
