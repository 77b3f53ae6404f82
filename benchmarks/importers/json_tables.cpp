#include "benchmarks/importers/json_tables.h"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "benchmarks/formats/json_file.h"
#include "common/error.h"

namespace zcp::importers {
namespace {

using Json = nlohmann::json;

/// A table under way: rows by spec, columns as they appear.
class Rows {
 public:
  void put(const std::string& arch, const std::string& column, double value) {
    const auto row = rows_.try_emplace(arch, rows_.size()).first->second;
    auto& values = columns_[column];
    if (values.size() <= row) {
      values.resize(row + 1, std::numeric_limits<double>::quiet_NaN());
    }
    values[row] = value;
  }

  tables::Table finish(std::string source) {
    tables::Table table{std::move(source), {}, {}, {}};
    table.arch.resize(rows_.size());
    for (const auto& [arch, row] : rows_) table.arch[row] = arch;
    for (auto& [name, values] : columns_) {
      values.resize(rows_.size(), std::numeric_limits<double>::quiet_NaN());
      table.columns.push_back(name);
      table.values.push_back(std::move(values));
    }
    return table;
  }

 private:
  std::map<std::string, std::size_t> rows_;
  std::map<std::string, std::vector<double>> columns_;
};

/// Our columns and the file's names for them.
constexpr std::array<std::pair<const char*, const char*>, 3> kMacroColumns = {
    {{"accuracy_mean", "mean_acc"}, {"params", "params"}, {"macs", "flops"}}};

tables::Table read_macro(
    const std::filesystem::path& path,
    const ImportProgress& progress) {
  const Json json = formats::read_json(path);
  Rows rows;
  std::size_t done = 0;
  for (const auto& [arch, entry] : json.items()) {
    const std::string place = fmt::format("{}: '{}'", path.string(), arch);
    const Json& seeds = formats::json_member(entry, "test_acc", place);
    for (std::size_t seed = 0; seed < seeds.size(); ++seed) {
      rows.put(
          arch,
          fmt::format("accuracy_seed{}", seed),
          formats::json_number(seeds.at(seed), place));
    }
    for (const auto& [column, name] : kMacroColumns) {
      rows.put(
          arch,
          column,
          formats::json_number(
              formats::json_member(entry, name, place), place));
    }
    progress(++done, json.size());
  }
  return rows.finish(path.string());
}

/// "(0, 2, 3, 2, 3, 1)" as a NATS-TSS spec. NASLib counts the edges (1,2),
/// (1,3), (1,4), (2,3), (2,4), (3,4); the spec lists them by their end.
std::string nats_spec(const std::string& encoded, const std::string& place) {
  constexpr std::array<std::string_view, 5> kOperations = {
      "skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3"};
  std::vector<std::string_view> operations;
  std::size_t others = 0;
  for (const char c : encoded) {
    if (c >= '0' && c <= '4') {
      operations.push_back(kOperations[static_cast<std::size_t>(c - '0')]);
    } else if (c != ',' && c != ' ' && c != '(' && c != ')') {
      ++others;
    }
  }
  if (operations.size() != 6 || others > 0) {
    throw UserError(
        "{}: found the architecture '{}', expected one such as '(0, 2, 3, 2, "
        "3, 1)'",
        place,
        encoded);
  }
  return fmt::format(
      "|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|",
      operations[0],
      operations[1],
      operations[3],
      operations[2],
      operations[4],
      operations[5]);
}

std::string dataset_name(const std::string& name) {
  return name == "ImageNet16-120" ? "imagenet16_120" : name;
}

tables::Table read_suite_zero(
    const std::filesystem::path& path,
    const ImportProgress& progress) {
  const Json json = formats::read_json(path);
  std::size_t total = 0;
  for (const Json& archs : json) total += archs.size();
  Rows rows;
  std::size_t done = 0;
  for (const auto& [dataset, archs] : json.items()) {
    for (const auto& [encoded, entry] : archs.items()) {
      const std::string place =
          fmt::format("{}: {} '{}'", path.string(), dataset, encoded);
      const std::string arch = nats_spec(encoded, place);
      const std::string prefix = dataset_name(dataset) + "_";
      rows.put(
          arch,
          prefix + "valid",
          formats::json_number(
              formats::json_member(entry, "val_accuracy", place), place));
      for (const auto& [proxy, value] : entry.items()) {
        if (!value.is_object()) continue;  // idx, arch, val_accuracy
        rows.put(
            arch,
            prefix + proxy,
            formats::json_number(
                formats::json_member(value, "score", place), place));
      }
      progress(++done, total);
    }
  }
  return rows.finish(path.string());
}

}  // namespace

Importer nas_bench_macro_importer() {
  return {
      "nas-bench-macro",
      "NAS-Bench-Macro, CIFAR-10",
      "the file nas-bench-macro_cifar10.json of "
      "https://github.com/xiusu/NAS-Bench-Macro",
      "accuracy_seed0, ... and accuracy_mean in percent; params; macs.",
      read_macro};
}

Importer nas_bench_suite_zero_importer() {
  return {
      "nas-bench-suite-zero",
      "proxy scores of NAS-Bench-Suite-Zero on NAS-Bench-201",
      "the file zc_nasbench201.json of NASLib "
      "(https://github.com/automl/NASLib, branch zerocost)",
      "D_PROXY, the score as NASLib computed it on data set D (params and "
      "flops in millions), and D_valid, the validation accuracy in percent; "
      "specs are those of nats-tss.",
      read_suite_zero};
}

}  // namespace zcp::importers
