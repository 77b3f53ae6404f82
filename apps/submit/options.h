// What `zcp submit` is asked for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/command.h"

namespace zcp::apps {

/// What the tasks of an array ask Slurm for. An empty text or a number of 0
/// leaves it to the partition.
struct Resources {
  int tasks = 1;
  int at_once = 0;  ///< most tasks that run at the same time
  int cpus = 1;     ///< a task; so many workers it has
  int gpus = 0;     ///< a task
  std::string memory;
  std::string time;
  std::string partition;
  std::string account;
  std::vector<std::string> others;  ///< more options of sbatch
  int warning = 120;  ///< seconds before the time limit when a task stops
};

struct SubmitOptions {
  Resources resources;
  Arguments command;  ///< the subcommand and its options
  std::string store;  ///< of the command: what the tasks' become in the end
  std::string csv;    ///< the same; empty where there is none
  /// Of a search: tasks whose scores have stores of their own beside `store`.
  std::vector<std::string> other_tasks;
  std::string name;     ///< of the jobs
  std::string truth;    ///< of the report; empty: none
  std::string metric;   ///< the same
  std::string program;  ///< path of zcp
  std::string call;     ///< of zcp submit itself, as typed
  bool run = false;
  bool quiet = false;
};

/// Nothing where --help was asked for, and printed. Throws UserError for an
/// option or a command that cannot be submitted.
std::optional<SubmitOptions> parse_submit_options(const Arguments& arguments);

/// The value of `--name value` or `--name=value` among the words, the last
/// where there are several; none where it is not given.
std::optional<std::string> value_among(
    const Arguments& words,
    const std::string& name);

}  // namespace zcp::apps
