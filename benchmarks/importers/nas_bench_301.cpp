#include "benchmarks/importers/nas_bench_301.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "benchmarks/formats/csv.h"
#include "benchmarks/formats/files.h"
#include "benchmarks/formats/json_file.h"
#include "benchmarks/importers/all.h"
#include "benchmarks/importers/member.h"
#include "common/error.h"

namespace zcp::importers {
namespace {

using Json = nlohmann::json;

// Results of NAS-Bench-301: a configuration names the operation of each edge
// that there is, of the 14 that could be, and each node's two inputs.

const std::string kPrefix = "NetworkSelectorDatasetInfo:darts:";
constexpr std::array<std::string_view, 2> kCells = {"normal", "reduce"};
constexpr int kInputs = 2;  // of a cell: sources 0 and 1
constexpr int kNodes = 4;   // of a cell: sources 2 to 5

/// "0_2" as two sources; those of the first node are not written.
std::array<int, 2> sources_of(
    const Json& config,
    std::string_view cell,
    int node,
    const std::string& place) {
  if (node == kInputs) return {0, 1};
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

/// "OP~SRC,OP~SRC|..." of a cell.
std::string config_cell_spec(
    const Json& config,
    std::string_view cell,
    const std::string& place) {
  std::string spec;
  int first = 0;  // the number of the edge from source 0 into the node
  for (int node = kInputs; node < kInputs + kNodes; ++node) {
    for (const int source : sources_of(config, cell, node, place)) {
      const std::string name =
          fmt::format("{}edge_{}_{}", kPrefix, cell, first + source);
      const Json& operation = formats::json_member(config, name.c_str(), place);
      spec += fmt::format(
          "{}~{},",
          operation.is_string() ? operation.get<std::string>()
                                : std::string(operation.type_name()),
          source);
    }
    spec.back() = '|';
    first += node;
  }
  spec.pop_back();
  return spec;
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
  const std::string spec = fmt::format(
      "normal:{};reduce:{}",
      config_cell_spec(config, kCells[0], source),
      config_cell_spec(config, kCells[1], source));
  result.arch = member_spec("darts", spec, source);
  result.numbers = {
      number(json, "test_accuracy"),
      number(info, "val_accuracy"),
      number(info, "model_parameters"),
      number(info, "epochs"),
      number(json, "runtime")};
  return result;
}

/// Rows by architecture. Those of several trainings have the means of what
/// trainings differ in; what belongs to the architecture must be the same.
class Means {
 public:
  /// `fixed`: the columns, by number, that trainings cannot differ in.
  template <typename Names>
  Means(const Names& names, std::vector<std::size_t> fixed)
      : names_(std::begin(names), std::end(names)),
        fixed_(std::move(fixed)),
        sums_(names_.size()) {}

  Unused& unused() { return unused_; }

  void put(std::string arch, const std::vector<double>& numbers) {
    const std::size_t row = rows_.try_emplace(arch, arch_.size()).first->second;
    if (row == arch_.size()) {
      arch_.push_back(std::move(arch));
      runs_.push_back(0.0);
      for (auto& column : sums_) column.push_back(0.0);
    }
    for (std::size_t c = 0; c < numbers.size(); ++c) {
      note_missing(row, c, numbers[c]);
      if (std::ranges::find(fixed_, c) == fixed_.end()) {
        sums_[c][row] += numbers[c];
      } else {
        put_fixed(row, c, numbers[c]);
      }
    }
    runs_[row] += 1.0;
  }

  Imported finish(const std::string& source) {
    Imported table{{source, std::move(arch_), {"runs"}, {runs_}}, unused_};
    for (std::size_t c = 0; c < sums_.size(); ++c) {
      const bool sum = std::ranges::find(fixed_, c) == fixed_.end();
      for (std::size_t row = 0; sum && row < runs_.size(); ++row) {
        sums_[c][row] /= runs_[row];
      }
      table.columns.push_back(names_[c]);
      table.values.push_back(std::move(sums_[c]));
    }
    return table;
  }

 private:
  void note_missing(std::size_t row, std::size_t column, double number) {
    if (!std::isnan(number)) return;
    unused_.add(
        kNoNumbers, fmt::format("{} of {}", names_[column], arch_[row]));
  }

  /// NaN after a contradiction, and from then on.
  void put_fixed(std::size_t row, std::size_t column, double number) {
    double& own = sums_[column][row];
    if (runs_[row] == 0.0) own = number;
    if (own == number || std::isnan(own) || std::isnan(number)) return;
    unused_.add(
        kContradictions,
        fmt::format(
            "{} of {}: {} and {}", names_[column], arch_[row], own, number));
    own = std::numeric_limits<double>::quiet_NaN();
  }

  std::vector<std::string> names_;
  std::vector<std::size_t> fixed_;
  std::unordered_map<std::string, std::size_t> rows_;
  std::vector<std::string> arch_;
  std::vector<double> runs_;
  std::vector<std::vector<double>> sums_;
  Unused unused_;
};

/// Of results: params belongs to the architecture, and a mean over trainings of
/// different lengths is the accuracy of none.
Means result_means() {
  return {kResultColumns, {2, 3}};
}

/// The JSON files below the folder, by their paths; others are noted.
std::vector<std::filesystem::path> result_files(
    const std::filesystem::path& folder,
    Unused& unused) {
  std::vector<std::filesystem::path> files;
  std::vector<std::filesystem::path> others;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_directory()) continue;
    const bool json = entry.path().extension() == ".json";
    (json ? files : others).push_back(entry.path());
  }
  std::ranges::sort(files);
  std::ranges::sort(others);
  for (const auto& other : others) {
    unused.add("files that are no .json", other.string());
  }
  if (!files.empty()) return files;
  throw UserError(
      "{}: found no .json file, expected {}",
      folder.string(),
      nas_bench_301_importer().source);
}

Imported read(
    const std::filesystem::path& path,
    const ImportProgress& progress) {
  if (!std::filesystem::is_directory(path)) {
    const std::string text = formats::read_text(path);
    const bool json = text.find_first_not_of(" \t\r\n") != std::string::npos &&
                      text[text.find_first_not_of(" \t\r\n")] == '{';
    return json ? parse_nas_bench_301(text, path.string())
                : parse_genotype_table(text, path.string());
  }
  Means means = result_means();
  const auto files = result_files(path, means.unused());
  std::size_t done = 0;
  for (const auto& file : files) {
    Result result = parse_result(formats::read_bytes(file), file.string());
    means.put(std::move(result.arch), result.numbers);
    progress(++done, files.size());
  }
  return means.finish(path.string());
}

// Tables of genotypes.

/// A field as a finite number, or none.
std::optional<double> finite_number(std::string_view field) {
  double number = 0.0;
  const auto* end = field.data() + field.size();
  const auto result = std::from_chars(field.data(), end, number);
  const bool good = result.ec == std::errc() && result.ptr == end;
  if (!good || !std::isfinite(number)) return std::nullopt;
  return number;
}

/// The rows of a CSV: a genotype and its accuracy, by their places. A header
/// says the places where there are more columns.
class GenotypeRows {
 public:
  explicit GenotypeRows(const std::string& source) : source_(source) {}

  void add(std::size_t line, std::span<const std::string_view> fields) {
    const std::string place = fmt::format("{}:{}", source_, line);
    if (first_) {
      first_ = false;
      if (read_header(fields, place)) return;
    }
    std::optional<double> accuracy;
    if (fields.size() == width_) accuracy = finite_number(fields[accuracy_]);
    if (!accuracy) {
      throw UserError(
          "{}: found {} fields, expected a genotype and its accuracy, a number",
          place,
          fields.size());
    }
    std::string spec = member_spec("darts", fields[genotype_], place);
    if (!specs_.insert(spec).second) {
      means_.unused().add(
          "rows of a genotype before, taken into its mean", place);
    }
    means_.put(std::move(spec), {*accuracy});
  }

  Imported finish() {
    Imported table = means_.finish(source_);
    if (!table.arch.empty()) return table;
    throw UserError("{}: found no line, expected genotypes", source_);
  }

 private:
  /// Whether the first row is a header: nothing in it is a genotype or a
  /// number.
  bool read_header(
      std::span<const std::string_view> fields,
      const std::string& place) {
    for (const std::string_view field : fields) {
      if (field.starts_with("Genotype(") || finite_number(field)) return false;
    }
    if (fields.size() < 2) return false;
    width_ = fields.size();
    genotype_ = find(fields, {"genotype", "arch"}, place);
    accuracy_ = find(fields, {"acc"}, place);
    for (std::size_t i = 0; i < width_; ++i) {
      if (i == genotype_ || i == accuracy_) continue;
      means_.unused().add(
          "columns that are neither genotype nor accuracy",
          fmt::format("'{}'", fields[i]));
    }
    return true;
  }

  /// The one column whose name has one of the words in it.
  static std::size_t find(
      std::span<const std::string_view> fields,
      std::initializer_list<std::string_view> words,
      const std::string& place) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      std::string name(fields[i]);
      std::ranges::transform(name, name.begin(), [](unsigned char c) {
        return static_cast<char>(std::tolower(c));
      });
      const bool has = std::ranges::any_of(words, [&](std::string_view word) {
        return name.find(word) != std::string::npos;
      });
      if (has) found.push_back(i);
    }
    if (found.size() == 1) return found[0];
    throw UserError(
        "{}: found the header {}, expected one column with '{}' in its name",
        place,
        fmt::join(fields, ","),
        *words.begin());
  }

  std::string source_;
  Means means_{std::array<const char*, 1>{"cifar10_accuracy"}, {}};
  std::unordered_set<std::string> specs_;
  bool first_ = true;
  std::size_t width_ = 2;
  std::size_t genotype_ = 0;
  std::size_t accuracy_ = 1;
};

}  // namespace

Imported parse_genotype_table(
    std::string_view text,
    const std::string& source) {
  GenotypeRows rows(source);
  formats::parse_csv(text, source, [&](std::size_t line, const auto& fields) {
    rows.add(line, fields);
  });
  return rows.finish();
}

Imported parse_nas_bench_301(std::string_view text, const std::string& source) {
  Result result = parse_result(text, source);
  Means means = result_means();
  means.put(std::move(result.arch), result.numbers);
  return means.finish(source);
}

/// A row an architecture, in the order of the CSV or of the files' paths.
Importer nas_bench_301_importer() {
  return {
      "nas-bench-301",
      "DARTS cells with trained accuracies: NAS-Bench-301's results",
      "a folder with the results_N.json files that NAS-Bench-301's surrogates "
      "were fitted to, or one of them (https://github.com/automl/nasbench301); "
      "or a CSV of DARTS genotypes as Python prints them and their accuracies, "
      "with a header or without",
      "runs, the trainings that a row is the mean of; from results, "
      "cifar10_test and cifar10_valid in percent after the last epoch, params, "
      "epochs and training_seconds; from a CSV, cifar10_accuracy. Specs are "
      "those of darts.",
      read};
}

}  // namespace zcp::importers
