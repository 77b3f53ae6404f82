// The trainings that a store holds, as a table of accuracies. No LibTorch.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "analysis/store/score_store.h"
#include "benchmarks/tables/table.h"

namespace zcp::apps {

/// What is kept of a training, under the names of training_column().
inline constexpr std::array<const char*, 4> kTrainingMeasures{
    "test",
    "test_loss",
    "train",
    "train_loss"};

/// TASK_MEASURE_seedN, hyphens of the task as underscores.
std::string training_column(
    const std::string& task,
    const std::string& measure,
    std::uint64_t seed);

/// The trainings of some architectures.
class TrainingTable {
 public:
  /// `specs` are the rows, each once; `twin[i]` is the first row that computes
  /// what row i does, whose trainings are row i's too. Records of other
  /// architectures are passed over.
  TrainingTable(
      std::string task,
      std::vector<std::string> specs,
      std::vector<std::size_t> twin,
      std::span<const store::ScoreRecord> records);

  /// Whether row `i` was trained with that seed, to whatever end.
  bool has(std::size_t i, std::uint64_t seed) const;

  /// Means over the seeds (none where a training diverged), each seed's test
  /// accuracy, then the seconds of all seeds. A row that was never trained has
  /// no number.
  tables::Table table() const;

  /// Lines on how many were trained, how they did and how seeds agree.
  std::vector<std::string> summary() const;

 private:
  /// One architecture's trainings with one seed.
  struct Training {
    std::array<double, kTrainingMeasures.size()> values{};  ///< NaN: diverged
    double seconds = 0;
  };
  using Trainings = std::map<std::uint64_t, Training>;  // by seed

  const Trainings& trainings(std::size_t i) const;
  double mean(std::size_t i, std::size_t measure) const;
  std::vector<double> of_seed(std::uint64_t seed) const;

  std::string task_;
  std::vector<std::string> specs_;
  std::vector<std::size_t> twin_;
  std::vector<Trainings> trainings_;  // by row; empty for a later twin
  std::set<std::uint64_t> seeds_;
};

}  // namespace zcp::apps
