#include "benchmarks/importers/nas_bench_301.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <vector>

#include "benchmarks/formats/csv.h"
#include "benchmarks/formats/files.h"
#include "benchmarks/formats/json_file.h"
#include "benchmarks/importers/all.h"
#include "benchmarks/importers/darts_genotype.h"
#include "common/error.h"

namespace zcp::importers {
namespace {

using Json = nlohmann::json;

// Results of NAS-Bench-301: a configuration names the operation of each edge
// that there is, of the 14 that could be, and each node's two inputs.

const std::string kPrefix = "NetworkSelectorDatasetInfo:darts:";

/// "0_2" as two sources; those of the first node are not written.
std::array<int, 2> sources_of(
    const Json& config,
    std::string_view cell,
    int node,
    const std::string& place) {
  if (node == kDartsInputs) return {0, 1};
  const std::string name =
      fmt::format("{}inputs_node_{}_{}", kPrefix, cell, node);
  const Json& value = formats::json_member(config, name.c_str(), place);
  const std::string text =
      value.is_string() ? value.get<std::string>() : std::string();
  const bool good = text.size() == 3 && text[1] == '_' && text[0] >= '0' &&
                    text[0] < '0' + node && text[2] >= '0' &&
                    text[2] < '0' + node;
  if (good) return {text[0] - '0', text[2] - '0'};
  throw UserError(
      "{}: found {} '{}', expected two inputs such as '0_1'",
      place,
      name,
      text);
}

std::string config_cell_spec(
    const Json& config,
    std::string_view cell,
    const std::string& place) {
  std::vector<DartsEdge> edges;
  int first = 0;  // the number of the edge from source 0 into the node
  for (int node = kDartsInputs; node < kDartsInputs + kDartsNodes; ++node) {
    for (const int source : sources_of(config, cell, node, place)) {
      const std::string name =
          fmt::format("{}edge_{}_{}", kPrefix, cell, first + source);
      const Json& operation = formats::json_member(config, name.c_str(), place);
      edges.push_back(
          {operation.is_string() ? operation.get<std::string>()
                                 : std::string(operation.type_name()),
           source});
    }
    first += node;
  }
  return darts_cell_spec(edges, place);
}

constexpr std::array<const char*, 5> kResultColumns =
    {"cifar10_test", "cifar10_valid", "params", "epochs", "training_seconds"};

/// A result's architecture and numbers, in the order of those columns.
struct Result {
  std::string arch;
  std::vector<double> numbers;
};

Result parse_result(std::string_view text, const std::string& source) {
  const Json json = formats::parse_json(text, source);
  // The key is misspelt in the files.
  const Json& config =
      formats::json_member(json, "optimized_hyperparamater_config", source);
  const Json& infos = formats::json_member(json, "info", source);
  if (!infos.is_array() || infos.empty()) {
    throw UserError(
        "{}: found {} as 'info', expected a list with an object",
        source,
        infos.type_name());
  }
  const Json& info = infos.front();
  const auto number = [&](const Json& object, const char* name) {
    return formats::json_number(
        formats::json_member(object, name, source), source);
  };
  Result result;
  for (const std::string_view cell : kDartsCells) {
    result.arch += fmt::format(
        "{}{}:{}",
        result.arch.empty() ? "" : ";",
        cell,
        config_cell_spec(config, cell, source));
  }
  result.numbers = {
      number(json, "test_accuracy"),
      number(info, "val_accuracy"),
      number(info, "model_parameters"),
      number(info, "epochs"),
      number(json, "runtime")};
  return result;
}

/// Rows by architecture, means of those that came more than once.
class Means {
 public:
  void put(std::string arch, const std::vector<double>& numbers) {
    const std::size_t row = rows_.try_emplace(arch, arch_.size()).first->second;
    if (row == arch_.size()) {
      arch_.push_back(std::move(arch));
      runs_.push_back(0.0);
      sums_.resize(numbers.size());
      for (auto& column : sums_) column.push_back(0.0);
    }
    runs_[row] += 1.0;
    for (std::size_t c = 0; c < numbers.size(); ++c)
      sums_[c][row] += numbers[c];
  }

  template <typename Names>
  tables::Table finish(const std::string& source, const Names& names) {
    tables::Table table{source, std::move(arch_), {"runs"}, {runs_}};
    for (std::size_t c = 0; c < sums_.size(); ++c) {
      for (std::size_t row = 0; row < runs_.size(); ++row) {
        sums_[c][row] /= runs_[row];
      }
      table.columns.emplace_back(names[c]);
      table.values.push_back(std::move(sums_[c]));
    }
    return table;
  }

 private:
  std::unordered_map<std::string, std::size_t> rows_;
  std::vector<std::string> arch_;
  std::vector<double> runs_;
  std::vector<std::vector<double>> sums_;
};

/// The JSON files below the folder, by their paths.
std::vector<std::filesystem::path> result_files(
    const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  if (!files.empty()) return files;
  throw UserError(
      "{}: found no .json file, expected {}",
      folder.string(),
      nas_bench_301_importer().source);
}

tables::Table read(
    const std::filesystem::path& path,
    const ImportProgress& progress) {
  if (!std::filesystem::is_directory(path)) {
    const std::string text = formats::read_bytes(path);
    const bool json = text.find_first_not_of(" \t\r\n") != std::string::npos &&
                      text[text.find_first_not_of(" \t\r\n")] == '{';
    return json ? parse_nas_bench_301(text, path.string())
                : parse_genotype_table(text, path.string());
  }
  const auto files = result_files(path);
  Means means;
  std::size_t done = 0;
  for (const auto& file : files) {
    Result result = parse_result(formats::read_bytes(file), file.string());
    means.put(std::move(result.arch), result.numbers);
    progress(++done, files.size());
  }
  return means.finish(path.string(), kResultColumns);
}

}  // namespace

tables::Table parse_genotype_table(
    std::string_view text,
    const std::string& source) {
  Means means;
  formats::parse_csv(text, source, [&](std::size_t line, auto fields) {
    const std::string place = fmt::format("{}:{}", source, line);
    double accuracy = std::numeric_limits<double>::quiet_NaN();
    if (fields.size() == 2) {
      const std::string_view field = fields[1];
      const auto* end = field.data() + field.size();
      const auto result = std::from_chars(field.data(), end, accuracy);
      if (result.ec != std::errc() || result.ptr != end) accuracy = NAN;
    }
    if (!std::isfinite(accuracy)) {
      throw UserError(
          "{}: found {} fields, expected a genotype and its accuracy, a number",
          place,
          fields.size());
    }
    means.put(genotype_spec(fields[0], place), {accuracy});
  });
  tables::Table table =
      means.finish(source, std::array<const char*, 1>{"cifar10_accuracy"});
  if (!table.arch.empty()) return table;
  throw UserError("{}: found no line, expected genotypes", source);
}

tables::Table parse_nas_bench_301(
    std::string_view text,
    const std::string& source) {
  Result result = parse_result(text, source);
  Means means;
  means.put(std::move(result.arch), result.numbers);
  return means.finish(source, kResultColumns);
}

/// A row an architecture, in the order of the CSV or of the files' paths.
Importer nas_bench_301_importer() {
  return {
      "nas-bench-301",
      "DARTS cells with trained accuracies: NAS-Bench-301's results",
      "a folder with the results_N.json files that NAS-Bench-301's surrogates "
      "were fitted to, or one of them (https://github.com/automl/nasbench301); "
      "or a CSV of DARTS genotypes as Python prints them and their accuracies",
      "runs, the trainings that a row is the mean of; from results, "
      "cifar10_test and cifar10_valid in percent after the last epoch, params, "
      "epochs and training_seconds; from a CSV, cifar10_accuracy. Specs are "
      "those of darts.",
      read};
}

}  // namespace zcp::importers
