#include "apps/training_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "analysis/study/ceiling.h"
#include "common/missing.h"

namespace zcp::apps {
namespace {

constexpr std::size_t kTest = 0;  // of kTrainingMeasures

std::string column_stem(const std::string& task, const std::string& measure) {
  std::string stem = task + "_" + measure;
  std::ranges::replace(stem, '-', '_');
  return stem;
}

/// Which measure and seed a column is of.
struct Place {
  std::size_t measure;
  std::uint64_t seed;
};

std::optional<Place> place_of(
    const std::string& task,
    const std::string& column) {
  for (std::size_t m = 0; m < kTrainingMeasures.size(); ++m) {
    const std::string stem = column_stem(task, kTrainingMeasures[m]) + "_seed";
    if (!column.starts_with(stem)) continue;
    std::uint64_t seed = 0;
    const char* end = column.data() + column.size();
    const auto read = std::from_chars(column.data() + stem.size(), end, seed);
    if (read.ec == std::errc() && read.ptr == end) return Place{m, seed};
  }
  return std::nullopt;
}

std::string counted(std::size_t count, const char* thing) {
  return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

double median(const std::vector<double>& sorted) {
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half]
                                : (sorted[half - 1] + sorted[half]) / 2;
}

}  // namespace

std::string training_column(
    const std::string& task,
    const std::string& measure,
    std::uint64_t seed) {
  return fmt::format("{}_seed{}", column_stem(task, measure), seed);
}

TrainingTable::TrainingTable(
    std::string task,
    std::vector<std::string> specs,
    std::vector<std::size_t> twin,
    std::span<const store::ScoreRecord> records)
    : task_(std::move(task)),
      specs_(std::move(specs)),
      twin_(std::move(twin)),
      trainings_(specs_.size()) {
  std::map<std::string, std::size_t> row;
  for (std::size_t i = 0; i < specs_.size(); ++i) row[specs_[i]] = twin_[i];
  for (const store::ScoreRecord& record : records) {
    const auto found = row.find(record.arch);
    const auto place = place_of(task_, record.proxy);
    if (found == row.end() || !place) continue;
    seeds_.insert(place->seed);
    Training& training = trainings_[found->second][place->seed];
    training.values[place->measure] = record.value;
    training.seconds = record.seconds;
  }
}

const TrainingTable::Trainings& TrainingTable::trainings(std::size_t i) const {
  return trainings_[twin_[i]];
}

bool TrainingTable::has(std::size_t i, std::uint64_t seed) const {
  return trainings(i).contains(seed);
}

double TrainingTable::mean(std::size_t i, std::size_t measure) const {
  double sum = 0;
  for (const auto& [seed, training] : trainings(i)) {
    sum += training.values[measure];
  }
  const auto count = static_cast<double>(trainings(i).size());
  return count > 0 ? sum / count : kNan;
}

std::vector<double> TrainingTable::of_seed(std::uint64_t seed) const {
  std::vector<double> values;
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    const auto found = trainings(i).find(seed);
    values.push_back(
        found == trainings(i).end() ? kNan : found->second.values[kTest]);
  }
  return values;
}

tables::Table TrainingTable::table() const {
  tables::Table table;
  table.arch = specs_;
  const auto add = [&](std::string name, std::vector<double> values) {
    table.columns.push_back(std::move(name));
    table.values.push_back(std::move(values));
  };
  for (std::size_t m = 0; m < kTrainingMeasures.size(); ++m) {
    std::vector<double> means;
    for (std::size_t i = 0; i < specs_.size(); ++i) means.push_back(mean(i, m));
    add(column_stem(task_, kTrainingMeasures[m]), std::move(means));
  }
  std::vector<double> seconds;
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    double sum = 0;
    for (const auto& [seed, training] : trainings(i)) sum += training.seconds;
    // 0 seconds would say that it was trained.
    seconds.push_back(trainings(i).empty() ? kNan : sum);
  }
  for (const std::uint64_t seed : seeds_) {
    add(training_column(task_, kTrainingMeasures[kTest], seed), of_seed(seed));
  }
  add("train_seconds", std::move(seconds));
  return table;
}

std::vector<std::string> TrainingTable::summary() const {
  std::vector<std::string> lines;
  std::vector<double> accuracies;
  std::size_t diverged = 0;
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    if (twin_[i] != i) continue;
    const double accuracy = mean(i, kTest);
    if (!std::isnan(accuracy)) accuracies.push_back(accuracy);
    for (const auto& [seed, training] : trainings(i)) {
      diverged += std::isnan(training.values[kTest]) ? 1 : 0;
    }
  }
  if (!accuracies.empty()) {
    std::ranges::sort(accuracies);
    lines.push_back(fmt::format(
        "{} trained; test accuracy {:.2f} to {:.2f} %, median {:.2f} %",
        counted(accuracies.size(), "architecture"),
        accuracies.front(),
        accuracies.back(),
        median(accuracies)));
  }
  if (diverged > 0) {
    lines.push_back(fmt::format(
        "{} diverged; their fields are empty", counted(diverged, "run")));
  }
  std::vector<std::vector<double>> runs;
  for (const std::uint64_t seed : seeds_) {
    runs.push_back(of_seed(seed));
    // A twin's trainings are not others.
    for (std::size_t i = 0; i < specs_.size(); ++i) {
      if (twin_[i] != i) runs.back()[i] = kNan;
    }
  }
  if (runs.size() < 2) return lines;
  const study::Ceiling ceiling = study::noise_ceiling(runs, 0, 0);
  if (ceiling.n >= 2) {
    lines.push_back(fmt::format(
        "{} have all {} seeds, which agree with a mean tau of {:.3f} (rho "
        "{:.3f})",
        ceiling.n,
        runs.size(),
        ceiling.tau,
        ceiling.rho));
  }
  return lines;
}

}  // namespace zcp::apps
