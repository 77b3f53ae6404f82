#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "apps/training_table.h"

namespace {

using zcp::ScoreStatus;
using zcp::apps::training_column;
using zcp::apps::TrainingTable;
using zcp::store::ScoreRecord;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// What a training leaves; NaN: it diverged.
std::vector<ScoreRecord>
training(const std::string& arch, std::uint64_t seed, double accuracy) {
  std::vector<ScoreRecord> records;
  for (const char* measure : zcp::apps::kTrainingMeasures) {
    ScoreRecord record;
    record.arch = arch;
    record.proxy = training_column("fashion-mnist", measure, seed);
    record.status =
        std::isnan(accuracy) ? ScoreStatus::degenerate : ScoreStatus::ok;
    record.value = measure == std::string("test") ? accuracy : accuracy / 100;
    record.seconds = 2;
    records.push_back(record);
  }
  return records;
}

std::vector<ScoreRecord> joined(
    std::initializer_list<std::vector<ScoreRecord>> parts) {
  std::vector<ScoreRecord> all;
  for (const auto& part : parts)
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

std::vector<double> column(
    const zcp::tables::Table& table,
    const std::string& name) {
  const auto found = std::ranges::find(table.columns, name);
  REQUIRE(found != table.columns.end());
  return table.values[static_cast<std::size_t>(found - table.columns.begin())];
}

}  // namespace

TEST_CASE("training columns are named by task, measure and seed") {
  CHECK(
      training_column("imagenet16-120", "test_loss", 7) ==
      "imagenet16_120_test_loss_seed7");
}

TEST_CASE("a training table: means, seeds, seconds, equal functions") {
  // b computes what a does; the store knows it by the name b alone.
  const auto records = joined(
      {training("b", 0, 80),
       training("b", 2, 82),
       training("c", 0, 70),
       training("elsewhere", 1, 10)});
  const TrainingTable trainings(
      "fashion-mnist", {"a", "b", "c", "d"}, {0, 0, 2, 3}, records);
  CHECK(trainings.has(0, 0));
  CHECK(trainings.has(1, 2));
  CHECK_FALSE(trainings.has(2, 2));
  CHECK_FALSE(trainings.has(3, 0));
  const auto table = trainings.table();
  CHECK(
      table.columns == std::vector<std::string>{
                           "fashion_mnist_test",
                           "fashion_mnist_test_loss",
                           "fashion_mnist_train",
                           "fashion_mnist_train_loss",
                           "fashion_mnist_test_seed0",
                           "fashion_mnist_test_seed2",
                           "train_seconds"});
  const auto mean = column(table, "fashion_mnist_test");
  CHECK(mean[0] == 81);
  CHECK(mean[1] == 81);
  CHECK(mean[2] == 70);
  CHECK(std::isnan(mean[3]));
  CHECK(column(table, "fashion_mnist_test_loss")[0] == doctest::Approx(.81));
  CHECK(std::isnan(column(table, "fashion_mnist_test_seed2")[2]));
  const auto seconds = column(table, "train_seconds");
  CHECK(seconds[0] == 4);
  CHECK(seconds[1] == 4);
  CHECK(seconds[2] == 2);
  CHECK(std::isnan(seconds[3]));  // never trained
  const auto lines = trainings.summary();
  REQUIRE(lines.size() == 1);
  CHECK(
      lines[0] ==
      "2 architectures trained; test accuracy 70.00 to 81.00 %, median 75.50 "
      "%");
}

TEST_CASE("a training table: a training that diverged leaves no mean") {
  const auto records = joined(
      {training("a", 0, 80),
       training("a", 1, kNone),
       training("b", 0, 60),
       training("b", 1, 62),
       training("c", 0, 50),
       training("c", 1, 55)});
  const TrainingTable trainings(
      "fashion-mnist", {"a", "b", "c"}, {0, 1, 2}, records);
  CHECK(trainings.has(0, 1));
  const auto table = trainings.table();
  CHECK(std::isnan(column(table, "fashion_mnist_test")[0]));
  CHECK(column(table, "fashion_mnist_test_seed0")[0] == 80);
  CHECK(std::isnan(column(table, "fashion_mnist_test_seed1")[0]));
  const auto lines = trainings.summary();
  REQUIRE(lines.size() == 3);
  CHECK(lines[1] == "1 run diverged; their fields are empty");
  CHECK(
      lines[2] ==
      "2 have all 2 seeds, which agree with a mean tau of 1.000 (rho 1.000)");
}
