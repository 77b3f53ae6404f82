#include "benchmarks/importers/transnas.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "benchmarks/formats/numpy_pickle.h"
#include "benchmarks/formats/torch_file.h"
#include "benchmarks/importers/all.h"
#include "common/error.h"

namespace zcp::importers {
namespace {

constexpr std::size_t kArchitectures = 7352;  // 4,096 micro and 3,256 macro
constexpr double kEmpty = std::numeric_limits<double>::quiet_NaN();

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

/// The table under way, filled row by row.
class Columns {
 public:
  explicit Columns(std::string source) : table_{std::move(source), {}, {}, {}} {
    for (const TaskMetric& task : kTasks) {
      for (const std::string_view column : kColumns) {
        table_.columns.push_back(fmt::format("{}_{}", task.task, column));
      }
    }
    table_.values.resize(table_.columns.size());
  }

  std::size_t rows() const { return table_.arch.size(); }

  /// The row that numbers go to from now on.
  void add_row(std::string_view arch) {
    if (!known_.emplace(arch).second) {
      throw UserError(
          "{}: found the architecture '{}' twice, expected it once",
          table_.source,
          arch);
    }
    table_.arch.emplace_back(arch);
    for (auto& column : table_.values) column.push_back(kEmpty);
  }

  /// The number of a task that is known and has a row.
  std::optional<std::size_t> find_task(std::string_view name) const {
    const auto* found = std::ranges::find(kTasks, name, &TaskMetric::task);
    if (found == kTasks.end() || table_.arch.empty()) return std::nullopt;
    return static_cast<std::size_t>(found - kTasks.begin());
  }

  /// The column that test_M or valid_M of the task goes to.
  static std::optional<std::size_t> find_metric(
      std::size_t task,
      std::string_view name) {
    const std::string_view metric = kTasks[task].metric;
    if (!name.ends_with(metric)) return std::nullopt;
    const std::string_view set = name.substr(0, name.size() - metric.size());
    if (set == "test_") return task * kColumns.size();
    if (set == "valid_") return task * kColumns.size() + 2;
    return std::nullopt;
  }

  /// The metric's value after one epoch more.
  void add_epoch(std::size_t column, double value) {
    table_.values[column].back() = value;
    double& best = table_.values[column + 1].back();
    if (!(best >= value)) best = value;
  }

  void put_info(std::size_t task, std::string_view name, double value) {
    const auto* found = std::ranges::find(kInfos, name);
    if (found == kInfos.end()) return;
    const auto place = static_cast<std::size_t>(found - kInfos.begin());
    constexpr std::size_t kFirst = kColumns.size() - kInfos.size();
    table_.values[task * kColumns.size() + kFirst + place].back() = value;
  }

  /// The table, or the error that it has no number.
  tables::Table finish() {
    for (auto& column : table_.values) {
      for (double& value : column) {
        if (std::isfinite(value)) found_ = true;
        if (std::isinf(value)) value = kEmpty;
      }
    }
    if (found_) return std::move(table_);
    throw UserError(
        "{}: found no metric of an architecture, expected "
        "{{'data': {{'micro': {{'64-41414-1_02_333': {{'class_scene': "
        "{{'metrics': ...",
        table_.source);
  }

 private:
  tables::Table table_;
  std::unordered_set<std::string> known_;
  bool found_ = false;
};

// The file of torch.save.

/// The value unless it is larger than any of its kind in the benchmark.
formats::PickleValue bounded(const formats::PickleValue& value) {
  constexpr std::size_t kMost = 512;
  if (value.size() > kMost) {
    value.refuse(fmt::format("at most {} entries in it", kMost));
  }
  return value;
}

void put_task(
    std::size_t task,
    const formats::PickleValue& result,
    Columns& columns) {
  const formats::PickleValue metrics = bounded(result.at("metrics"));
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    const auto column = Columns::find_metric(task, metrics.key(i).text());
    if (!column) continue;
    const formats::PickleValue epochs = bounded(metrics.value(i));
    for (std::size_t e = 0; e < epochs.size(); ++e) {
      columns.add_epoch(*column, formats::number_of(epochs.item(e)));
    }
  }
  const formats::PickleValue infos = bounded(result.at("model_info"));
  for (std::size_t i = 0; i < infos.size(); ++i) {
    const formats::PickleValue info = infos.value(i);
    if (info.is_text() || info.is_none()) continue;  // not measured
    columns.put_info(task, infos.key(i).text(), formats::number_of(info));
  }
}

void put_architecture(
    const formats::PickleValue& arch,
    const formats::PickleValue& record,
    Columns& columns) {
  const formats::PickleValue tasks = bounded(record);
  columns.add_row(arch.text());
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const auto task = columns.find_task(tasks.key(i).text());
    if (task) put_task(*task, bounded(tasks.value(i)), columns);
  }
}

/// Architectures that were not given away as records.
void put_rest(const formats::PickleValue& root, Columns& columns) {
  const formats::PickleValue spaces = bounded(root.at("data"));
  for (std::size_t i = 0; i < spaces.size(); ++i) {
    const formats::PickleValue archs = spaces.value(i);
    for (std::size_t j = 0; j < archs.size(); ++j) {
      if (archs.value(j).is_none()) continue;
      put_architecture(archs.key(j), archs.value(j), columns);
    }
  }
}

// The same as JSON.

/// Follows the parser's events: what stands at data/SPACE/ARCH/TASK/metrics/M/N
/// and data/SPACE/ARCH/TASK/model_info/I.
class JsonEvents : public nlohmann::json_sax<nlohmann::json> {
 public:
  JsonEvents(Columns& columns, const ImportProgress& progress)
      : columns_(columns), progress_(progress) {}

  std::string error;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t value) override {
    return number(static_cast<double>(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return number(static_cast<double>(value));
  }
  bool number_float(number_float_t value, const string_t&) override {
    return number(value);
  }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }

  bool start_object(std::size_t) override { return enter(); }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t) override { return enter(); }
  bool end_array() override { return leave(); }

  bool key(string_t& name) override {
    if (depth_ > path_.size()) return true;
    path_[depth_ - 1] = name;
    if (depth_ == kArch && path_[0] == "data") {
      columns_.add_row(name);
      progress_(columns_.rows(), std::max(columns_.rows(), kArchitectures));
    }
    if (depth_ == kTask) task_ = columns_.find_task(name);
    column_.reset();
    if (depth_ == kMetric && task_ && path_[kTask] == "metrics") {
      column_ = Columns::find_metric(*task_, name);
    }
    return true;
  }

  bool parse_error(
      std::size_t position,
      const std::string&,
      const nlohmann::json::exception&) override {
    error = fmt::format("byte {}: found no JSON (a cut file?)", position);
    return false;
  }

 private:
  static constexpr std::size_t kArch = 3;
  static constexpr std::size_t kTask = 4;
  static constexpr std::size_t kMetric = 6;

  bool enter() {
    ++depth_;
    return true;
  }

  bool leave() {
    --depth_;
    return true;
  }

  bool number(double value) {
    if (path_[0] != "data" || !task_) return true;
    if (depth_ == kMetric + 1 && column_) columns_.add_epoch(*column_, value);
    if (depth_ == kMetric && path_[kTask] == "model_info") {
      columns_.put_info(*task_, path_[kMetric - 1], value);
    }
    return true;
  }

  Columns& columns_;
  const ImportProgress& progress_;
  std::size_t depth_ = 0;
  std::array<std::string, kMetric> path_;
  std::optional<std::size_t> task_;
  std::optional<std::size_t> column_;
};

tables::Table read(
    const std::filesystem::path& path,
    const ImportProgress& progress) {
  std::shared_ptr<const formats::RandomBytes> bytes = formats::open_bytes(path);
  if (bytes->size() > 0 && bytes->read(0, 1) == "{") {
    std::ifstream in(path, std::ios::binary);
    return read_transnas_json(in, path.string(), progress);
  }
  return read_transnas(std::move(bytes), path.string(), progress);
}

}  // namespace

tables::Table read_transnas(
    std::shared_ptr<const formats::RandomBytes> bytes,
    const std::string& source,
    const ImportProgress& progress) {
  const formats::TorchFile file(std::move(bytes), source);
  Columns columns(source);
  constexpr int kLevel = 3;  // data, space, architecture
  const auto rest = file.stream(
      kLevel,
      formats::kTorchNames,
      [&](std::span<const formats::PickleValue> keys,
          const formats::PickleValue& record) {
        const bool wanted = keys[0].is_text() && keys[0].text() == "data";
        if (wanted) put_architecture(keys[2], record, columns);
        return wanted;
      },
      progress);
  put_rest(rest->root(), columns);
  return columns.finish();
}

tables::Table read_transnas_json(
    std::istream& in,
    const std::string& source,
    const ImportProgress& progress) {
  Columns columns(source);
  JsonEvents events(columns, progress);
  if (!nlohmann::json::sax_parse(in, &events)) {
    throw UserError(
        "{}: {}, expected an object with 'data'", source, events.error);
  }
  return columns.finish();
}

/// A row an architecture of both search spaces, in the file's order.
Importer transnas_importer() {
  return {
      "transnas",
      "TransNAS-Bench-101, both search spaces on seven tasks",
      "the file transnas-bench_v10141024.pth "
      "(https://github.com/yawen-d/TransNASBench), or the same dicts as JSON",
      "of each task T its metric, of which more is better (top1 of "
      "class_scene, "
      "class_object and jigsaw in percent, mIoU of segmentsemantic in percent, "
      "ssim of normal and autoencoder, the negative loss of room_layout): "
      "T_test and T_valid after the last epoch, T_test_best and T_valid_best "
      "of all epochs; T_params, T_macs and T_inference_seconds as the file has "
      "them.",
      read};
}

}  // namespace zcp::importers
