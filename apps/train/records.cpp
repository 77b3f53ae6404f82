#include "apps/train/records.h"

#include <fmt/format.h>

#include <array>
#include <limits>

#include "apps/training_table.h"

namespace zcp::apps {

std::string divergence_reason(const training::TrainingResult& result) {
  return fmt::format(
      "the loss was not finite in epoch {}; a smaller --learning-rate may "
      "help",
      result.epochs);
}

std::vector<store::ScoreRecord> training_records(
    const std::string& spec,
    const std::string& task,
    std::uint64_t seed,
    const training::TrainingResult& result) {
  const bool good = result.end == training::TrainingEnd::complete;
  const std::array<double, kTrainingMeasures.size()> values{
      result.test_accuracy,
      result.test_loss,
      result.train_accuracy,
      result.train_loss};
  std::vector<store::ScoreRecord> records;
  for (std::size_t i = 0; i < values.size(); ++i) {
    store::ScoreRecord record;
    record.arch = spec;
    record.proxy = training_column(task, kTrainingMeasures[i], seed);
    record.status = good ? ScoreStatus::ok : ScoreStatus::degenerate;
    record.value = good ? values[i] : std::numeric_limits<double>::quiet_NaN();
    if (!good) record.reason = divergence_reason(result);
    record.seconds = result.seconds;
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace zcp::apps
