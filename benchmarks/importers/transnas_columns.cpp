#include "benchmarks/importers/transnas_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "benchmarks/importers/member.h"
#include "common/error.h"
#include "common/missing.h"

namespace zcp::importers {
namespace {

/// A task and its metric, of which more is better: the loss of room_layout
/// comes negative.
struct TaskMetric {
  std::string_view task;
  std::string_view metric;
};
constexpr std::array<TaskMetric, 7> kTasks = {{
    {"class_scene", "top1"},
    {"class_object", "top1"},
    {"room_layout", "neg_loss"},
    {"jigsaw", "top1"},
    {"segmentsemantic", "mIoU"},
    {"normal", "ssim"},
    {"autoencoder", "ssim"},
}};

/// The columns of a task. Those of metrics come in pairs: after the last epoch
/// and the best of all.
constexpr std::array<std::string_view, 7> kColumns = {
    "test",
    "test_best",
    "valid",
    "valid_best",
    "params",
    "macs",
    "inference_seconds"};
/// The file's names of the last three.
constexpr std::array<std::string_view, 3> kInfos = {
    "model_params",
    "model_FLOPs",
    "inference_time"};

}  // namespace

TransnasColumns::TransnasColumns(std::string source)
    : table_{{std::move(source), {}, {}, {}}, {}} {
  for (const TaskMetric& task : kTasks) {
    for (const std::string_view column : kColumns) {
      table_.columns.push_back(fmt::format("{}_{}", task.task, column));
    }
  }
  table_.values.resize(table_.columns.size());
}

void TransnasColumns::add_row(std::string_view arch) {
  const bool cell = arch.find('_') != std::string_view::npos;
  member_spec(cell ? "transnas-micro" : "transnas-macro", arch, table_.source);
  if (!known_.emplace(arch).second) {
    throw UserError(
        "{}: found the architecture '{}' twice, expected it once",
        table_.source,
        arch);
  }
  table_.arch.emplace_back(arch);
  for (auto& column : table_.values) column.push_back(kNan);
}

std::optional<std::size_t> TransnasColumns::find_task(std::string_view name) {
  if (table_.arch.empty()) return std::nullopt;
  const auto* found = std::ranges::find(kTasks, name, &TaskMetric::task);
  if (found == kTasks.end()) {
    table_.unused.add(
        "results of tasks that are not known",
        fmt::format("'{}' of {}", name, table_.arch.back()));
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - kTasks.begin());
}

std::optional<std::size_t> TransnasColumns::find_metric(
    std::size_t task,
    std::string_view name) {
  const std::string_view metric = kTasks[task].metric;
  if (!name.ends_with(metric)) return std::nullopt;
  const std::string_view set = name.substr(0, name.size() - metric.size());
  if (set == "test_") return task * kColumns.size();
  if (set == "valid_") return task * kColumns.size() + 2;
  return std::nullopt;
}

void TransnasColumns::add_epoch(std::size_t column, double value) {
  table_.values[column].back() = value;
  double& best = table_.values[column + 1].back();
  if (!(best >= value)) best = value;
}

void TransnasColumns::put_info(
    std::size_t task,
    std::string_view name,
    double value) {
  const auto* found = std::ranges::find(kInfos, name);
  if (found == kInfos.end()) return;
  const auto place = static_cast<std::size_t>(found - kInfos.begin());
  constexpr std::size_t kFirst = kColumns.size() - kInfos.size();
  const std::size_t column = task * kColumns.size() + kFirst + place;
  double& own = table_.values[column].back();
  if (std::isnan(own)) {
    own = value;
  } else if (own != value) {
    table_.unused.add(
        kContradictions,
        fmt::format(
            "{} of {}: {} and {}",
            table_.columns[column],
            table_.arch.back(),
            own,
            value));
    own = kNan;
  }
}

Imported TransnasColumns::finish() {
  bool found = false;
  for (const auto& column : table_.values) {
    for (const double value : column) found = found || std::isfinite(value);
  }
  if (found) return std::move(table_);
  throw UserError(
      "{}: found no metric of an architecture, expected "
      "{{'data': {{'micro': {{'64-41414-1_02_333': {{'class_scene': "
      "{{'metrics': ...",
      table_.source);
}

}  // namespace zcp::importers
