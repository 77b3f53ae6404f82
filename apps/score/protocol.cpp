#include "apps/score/protocol.h"

#include <fmt/ranges.h>

namespace zcp::apps {
namespace {

/// Whether --classes says the number that noise has anyway. Without it, models
/// have labels of their own number of outputs.
bool limits_labels(const ScoreOptions& options, const Selection& selection) {
  if (selection.space != nullptr || options.task.classes == 0) return false;
  const tasks::TaskInfo own = tasks::find_task(options.task.name);
  return !own.needs_data && own.classes == options.task.classes;
}

}  // namespace

store::Protocol score_protocol(
    const ScoreOptions& options,
    const Selection& selection,
    const TaskChoice& task,
    bool reads_data) {
  const auto& e = options.evaluator;
  const auto* space = selection.space;
  store::Protocol protocol{
      {"space", space != nullptr ? space->info().name : "models"},
      {"task", task.name},
      {"classes", std::to_string(task.classes)},
      {"transform", options.task.transform},
      {"batch_size", std::to_string(e.batch_size)},
      {"minibatches", std::to_string(e.minibatches)},
      {"seed", std::to_string(e.seed)},
      {"init", options.init},
      {"precision", e.precision},
      {"device", options.device_kind()}};
  add_skeleton(protocol, selection.skeleton);
  if (options.task.resolution > 0) {
    protocol["resolution"] = std::to_string(options.task.resolution);
  }
  if (e.output) protocol["output"] = *e.output;
  if (!e.blocks.empty()) {
    protocol["blocks"] = fmt::format("{}", fmt::join(e.blocks, ","));
  }
  if (limits_labels(options, selection)) protocol["labels"] = "classes";
  if (reads_data) protocol["data"] = task.task->fingerprint();
  return protocol;
}

}  // namespace zcp::apps
