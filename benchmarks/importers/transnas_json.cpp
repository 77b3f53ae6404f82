// The dicts of TransNAS-Bench-101's file as JSON: they are read as a stream of
// events, since the whole would not fit into memory.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <unordered_set>

#include "benchmarks/importers/transnas.h"
#include "benchmarks/importers/transnas_columns.h"
#include "common/error.h"

namespace zcp::importers {
namespace {

constexpr std::size_t kArchitectures = 7352;  // 4,096 micro and 3,256 macro

/// Follows the parser's events: what stands at data/SPACE/ARCH/TASK/metrics/M/N
/// and data/SPACE/ARCH/TASK/model_info/I.
class JsonEvents : public nlohmann::json_sax<nlohmann::json> {
 public:
  JsonEvents(TransnasColumns& columns, const ImportProgress& progress)
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

  bool start_object(std::size_t) override {
    if (depth_ < seen_.size()) seen_[depth_].clear();
    return enter();
  }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t) override { return enter(); }
  bool end_array() override { return leave(); }

  bool key(string_t& name) override {
    if (depth_ > path_.size()) return true;
    // Of architectures that come twice the table knows itself.
    if (depth_ != kArch && !seen_[depth_ - 1].insert(name).second) {
      error = fmt::format(
          "found the key '{}' twice in an object, expected it once", name);
      return false;
    }
    path_[depth_ - 1] = name;
    if (depth_ == kArch && path_[0] == "data") {
      columns_.add_row(name);
      progress_(columns_.rows(), std::max(columns_.rows(), kArchitectures));
    }
    if (depth_ == kTask) task_ = columns_.find_task(name);
    column_.reset();
    if (depth_ == kMetric && task_ && path_[kTask] == "metrics") {
      column_ = TransnasColumns::find_metric(*task_, name);
    }
    return true;
  }

  bool parse_error(
      std::size_t position,
      const std::string&,
      const nlohmann::json::exception&) override {
    error = fmt::format(
        "byte {}: found no JSON (a cut file?), expected an object with 'data'",
        position);
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

  TransnasColumns& columns_;
  const ImportProgress& progress_;
  std::size_t depth_ = 0;
  std::array<std::string, kMetric> path_;
  std::array<std::unordered_set<std::string>, kMetric> seen_;  // of each depth
  std::optional<std::size_t> task_;
  std::optional<std::size_t> column_;
};

}  // namespace

Imported read_transnas_json(
    std::istream& in,
    const std::string& source,
    const ImportProgress& progress) {
  TransnasColumns columns(source);
  JsonEvents events(columns, progress);
  if (!nlohmann::json::sax_parse(in, &events)) {
    throw UserError("{}: {}", source, events.error);
  }
  return columns.finish();
}

}  // namespace zcp::importers
