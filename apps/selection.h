// The architectures and the task that `score`, `train` and `describe` are asked
// for, found in the spaces and among the data sets.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/store/protocol.h"
#include "apps/budget.h"
#include "apps/graph_cache.h"
#include "apps/selection_options.h"
#include "benchmarks/tables/table.h"
#include "benchmarks/tasks/task.h"
#include "nets/spaces/space.h"

namespace zcp::apps {

/// What was asked for: members of a space, or TorchScript files.
struct Selection {
  const spaces::Space* space = nullptr;       ///< null for models
  std::shared_ptr<const spaces::Space> kept;  ///< where a file describes it
  std::vector<std::string> specs;   ///< normalised; in the order asked
  spaces::Skeleton skeleton;        ///< of the space's networks
  std::vector<std::string> models;  ///< paths, where space is null
  /// Of each model, the hash of its bytes; see read_contents() in
  /// score/models.h.
  std::vector<std::optional<std::uint64_t>> contents;
  bool distinct = false;               ///< see keep_distinct()
  std::optional<std::int64_t> sample;  ///< of --sample
  std::uint64_t seed = 0;              ///< of the sample

  /// The names under which scores are kept: specs, or file names without .pt.
  std::vector<std::string> names() const;
};

/// Throws UserError unless exactly one way of choosing is used, for a spec
/// that is ill-formed, two models of one name, and for a model that is absent
/// or no regular file where it is the only one.
Selection select_architectures(
    const SelectionOptions& options,
    std::uint64_t seed);

/// The architectures of a table as the space normalises them, row by row.
/// Throws UserError, which names the table, the space and the first
/// architecture that is none of the space.
std::vector<std::string> specs_of(
    const tables::Table& table,
    const spaces::Space& space);

/// The task that networks are built for.
struct TaskChoice {
  std::string name;
  Shape shape;
  int classes;
  Output output;  ///< of the network: so many classes or numbers
  Loss loss;
  std::unique_ptr<tasks::Task> task;    ///< null when data are not needed
  std::vector<std::string> notes = {};  ///< TaskInfo::notes
  std::string guess = {};               ///< TaskInfo::guess
  NetworkInputs inputs = {};            ///< TaskInfo::inputs
};

/// Finds the task, and opens its data where they are needed or decide the
/// shape or the classes. Throws UserError for an option that is out of range
/// and when data are needed and missing.
TaskChoice
choose_task(const TaskOptions& options, bool needs_data, std::uint64_t seed);

/// What is to be said of the task, a line each. How the number of classes was
/// guessed is of interest for networks of a space: a model has its own number.
std::vector<std::string> task_notes(
    const TaskChoice& task,
    const Selection& selection);

/// What networks for a task take and give.
TaskChoice choice_of(
    const tasks::TaskInfo& info,
    std::unique_ptr<tasks::Task> task);

/// Throws UserError where the task gives several inputs: networks of spaces
/// take one.
void require_one_input(const TaskChoice& task);

/// The graphs of the selection's space for that task; none for models. Throws
/// UserError as require_one_input() does.
std::unique_ptr<GraphCache> graphs_of(
    const Selection& selection,
    const TaskChoice& task);

/// With --distinct, leaves the first of architectures that compute the same
/// function; a sample is drawn on until it has as many as it was to have.
/// `graphs` are those of graphs_of(). Throws UserError when the space has not
/// so many.
void keep_distinct(Selection& selection, GraphCache* graphs);

/// The same within a budget, of which a sample is drawn on likewise. Returns
/// what is to be said of it: how many there are; empty without a budget.
/// Throws UserError also for a budget on models, for one that nothing meets,
/// and when a sample does not find enough within it.
std::string
keep_wanted(Selection& selection, GraphCache* graphs, const Budget& budget);

/// Adds the skeleton's sizes to a protocol, where they are not the benchmark's.
void add_skeleton(store::Protocol& protocol, const spaces::Skeleton& skeleton);

}  // namespace zcp::apps
