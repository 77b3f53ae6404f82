// The options by which `score`, `train` and `describe` are told which
// architectures and which task, as they were given.
#pragma once

#include <boost/program_options.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/command.h"

namespace zcp::apps {

/// Which architectures. None stands for an option that was not given: a text
/// that was given may be empty.
struct SelectionOptions {
  std::optional<std::string> space;
  std::vector<std::string> archs;        ///< each --arch
  std::optional<std::string> arch_file;  ///< --archs
  std::optional<std::int64_t> sample;
  bool all = false;
  bool distinct = false;
  std::optional<int> channels;
  std::optional<int> cells;
  /// Of --output: which of the tensors that a model returns are its logits.
  std::optional<std::string> output;
  std::vector<std::string> models;  ///< each --model
  /// Of --blocks: the modules whose outputs are the blocks of a model.
  std::vector<std::string> blocks;

  /// The files that architectures are read from.
  std::vector<std::string> inputs() const;
};

constexpr Limits kResolution{0, 4096};  ///< 0: the task's own
constexpr Limits kClasses{0, 100000};   ///< 0: the task's own
constexpr Limits kChannels{1, 4096};
constexpr Limits kCells{1, 1000};

/// Which task. choose_task() checks the numbers.
struct TaskOptions {
  std::string name;
  std::string data;  ///< empty where it was not given
  std::string transform;
  int resolution = 0;  ///< 0: the task's own
  int classes = 0;     ///< 0: the task's own
};

/// --space with --arch, --archs, --sample or --all, --distinct, --channels,
/// --cells; or, with `models`, --model.
void add_selection_options(
    boost::program_options::options_description& options,
    bool models = true);

/// --task, --data, --transform (with that default), --resolution, --classes.
void add_task_options(
    boost::program_options::options_description& options,
    const std::string& transform = "normalise");

/// The values of what add_selection_options() added.
SelectionOptions parse_selection_options(
    const boost::program_options::variables_map& values);

/// The values of what add_task_options() added.
TaskOptions parse_task_options(
    const boost::program_options::variables_map& values);

}  // namespace zcp::apps
