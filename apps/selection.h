// The options by which `score`, `train` and `describe` are told what and under
// which protocol.
#pragma once

#include <boost/program_options.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/store/protocol.h"
#include "benchmarks/tasks/task.h"
#include "nets/spaces/space.h"

namespace zcp::apps {

/// --space with --arch, --archs, --sample or --all, --distinct, --channels,
/// --cells; or, with `models`, --model.
void add_selection_options(
    boost::program_options::options_description& options,
    bool models = true);

/// --task, --data, --transform, --resolution, --classes.
void add_task_options(
    boost::program_options::options_description& options,
    const std::string& transform = "normalise");

/// What is to be scored: members of a space, or TorchScript files.
struct Selection {
  const spaces::Space* space = nullptr;  ///< null for models
  std::vector<std::string> specs;        ///< normalised; in the order asked
  spaces::Skeleton skeleton;             ///< of the space's networks
  std::vector<std::string> models;       ///< paths, where space is null
  bool distinct = false;                 ///< see keep_distinct()
  std::optional<std::int64_t> sample;    ///< of --sample
  std::uint64_t seed = 0;                ///< of the sample

  /// The names under which scores are kept: specs, or file names without .pt.
  std::vector<std::string> names() const;
};

/// Throws UserError unless exactly one way of choosing is used, for a spec
/// that is ill-formed, a file that is absent, two models of one name.
Selection select_architectures(
    const boost::program_options::variables_map& values,
    std::uint64_t seed);

/// Opens the task; without need for its data only what is known of it.
struct TaskChoice {
  std::string name;
  Shape shape;
  int classes;
  Output output;  ///< of the network: so many classes or numbers
  Loss loss;
  std::unique_ptr<tasks::Task> task;  ///< null when data are not needed
};

/// Throws UserError when data are needed and missing.
TaskChoice choose_task(
    const boost::program_options::variables_map& values,
    bool needs_data,
    std::uint64_t seed);

/// What networks for a task take and give.
TaskChoice choice_of(
    const tasks::TaskInfo& info,
    std::unique_ptr<tasks::Task> task);

/// With --distinct, leaves the first of architectures that compute the same
/// function; a sample is drawn on until it has as many as it was to have.
/// Throws UserError when the space has not so many.
void keep_distinct(Selection& selection, const TaskChoice& task);

/// Adds the skeleton's sizes to a protocol, where they are not the benchmark's.
void add_skeleton(store::Protocol& protocol, const spaces::Skeleton& skeleton);

}  // namespace zcp::apps
