// What `zcp train` is asked for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/budget.h"
#include "apps/command.h"
#include "apps/selection_options.h"
#include "apps/shard.h"
#include "benchmarks/tasks/training_data.h"
#include "nets/training/trainer.h"

namespace zcp::apps {

struct TrainOptions {
  SelectionOptions selection;
  TaskOptions task;
  tasks::TrainingDataOptions data;     ///< of the task
  training::TrainingOptions training;  ///< with the first of the seeds
  int seeds = 1;
  std::string init;                         ///< name of an initialiser
  std::vector<std::string> devices{"cpu"};  ///< of one kind
  int workers = 1;                          ///< on all devices together
  std::string csv;
  std::string store;
  Shard shard;
  Budget budget;
  bool quiet = false;
  std::string
      note;  ///< to the user, of what the batch system decided; or empty
  std::string command_line;
  std::optional<std::size_t> suggest;  ///< see suggest.h

  /// Of the trainings of each architecture: the first and the numbers after it.
  std::vector<std::uint64_t> all_seeds() const;

  /// The files and folders that are read.
  std::vector<std::string> inputs() const;
};

/// Nothing where --help was asked for, and printed. Throws UserError for an
/// option that is unknown, ill-formed or out of range; the selection is checked
/// later, by who looks for it.
std::optional<TrainOptions> parse_train_options(const Arguments& arguments);

}  // namespace zcp::apps
