// NAS-Bench-Suite-Zero: the files zc_SPACE.json, other people's proxy scores on
// five benchmarks. Architectures are named by NASLib's tuples, which say not of
// which space they are.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "benchmarks/formats/json_file.h"
#include "benchmarks/importers/all.h"
#include "benchmarks/importers/member.h"
#include "benchmarks/importers/table_builder.h"
#include "common/error.h"

namespace zcp::importers {
namespace {

using Json = nlohmann::json;

/// A benchmark: its space, and the name that its file has.
struct Benchmark {
  std::string_view file;
  std::string_view space;
  bool taskonomy;  // the data sets are those of TransNAS-Bench-101
};
constexpr std::array<Benchmark, 5> kBenchmarks = {{
    {"nasbench101", "nas-bench-101", false},
    {"nasbench201", "nats-tss", false},
    {"nasbench301", "darts", false},
    {"transbench101_micro", "transnas-micro", true},
    {"transbench101_macro", "transnas-macro", true},
}};

constexpr std::array<std::string_view, 3> kImages = {
    "cifar10",
    "cifar100",
    "ImageNet16-120"};
constexpr std::array<std::string_view, 7> kTaskonomy = {
    "class_scene",
    "class_object",
    "room_layout",
    "jigsaw",
    "segmentsemantic",
    "normal",
    "autoencoder"};
/// Of both kinds of benchmarks.
constexpr std::array<std::string_view, 3> kOthers = {
    "ninapro",
    "svhn",
    "scifar100"};

template <typename Names>
bool contains(const Names& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool is_dataset(std::string_view name) {
  return contains(kImages, name) || contains(kTaskonomy, name) ||
         contains(kOthers, name);
}

/// The benchmarks that have all data sets of the file.
std::vector<const Benchmark*> by_datasets(
    const Json& json,
    const std::string& source) {
  bool images = false;
  bool taskonomy = false;
  bool known = false;
  for (const auto& [name, archs] : json.items()) {
    images = images || contains(kImages, name);
    taskonomy = taskonomy || contains(kTaskonomy, name);
    known = known || is_dataset(name);
  }
  if (!known || (images && taskonomy)) {
    throw UserError(
        "{}: found '{}' as data sets, expected some of {}, or of {} (and {})",
        source,
        json.size() == 1 ? json.begin().key()
                         : fmt::format(
                               "{}' and '{}",
                               json.begin().key(),
                               std::prev(json.end()).key()),
        fmt::join(kImages, ", "),
        fmt::join(kTaskonomy, ", "),
        fmt::join(kOthers, ", "));
  }
  std::vector<const Benchmark*> benchmarks;
  for (const Benchmark& benchmark : kBenchmarks) {
    if (!(benchmark.taskonomy ? images : taskonomy)) {
      benchmarks.push_back(&benchmark);
    }
  }
  return benchmarks;
}

/// How far a benchmark explains the file: its members before the first
/// architecture that is none, which is empty where all are.
struct Explained {
  const Benchmark* benchmark = nullptr;
  std::size_t members = 0;
  std::string stranger;
};

Explained explain(const Json& json, const Benchmark& benchmark) {
  Explained explained{&benchmark, 0, {}};
  const std::string space(benchmark.space);
  for (const auto& [dataset, archs] : json.items()) {
    if (!is_dataset(dataset)) continue;
    for (const auto& [arch, entry] : archs.items()) {
      if (!is_member(space, arch)) {
        explained.stranger = arch;
        return explained;
      }
      ++explained.members;
    }
  }
  return explained;
}

/// The benchmark whose members all architectures are. Where several are that,
/// the file's name has to say which.
const Benchmark& find_benchmark(
    const Json& json,
    const std::filesystem::path& path) {
  std::vector<const Benchmark*> benchmarks;
  std::vector<std::string_view> files;
  Explained nearest;
  for (const Benchmark* benchmark : by_datasets(json, path.string())) {
    const Explained one = explain(json, *benchmark);
    if (one.stranger.empty() && one.members > 0) {
      benchmarks.push_back(benchmark);
      files.push_back(benchmark->file);
    } else if (nearest.benchmark == nullptr || one.members > nearest.members) {
      nearest = one;
    }
  }
  if (benchmarks.empty()) {
    throw UserError(
        "{}: found the architecture '{}', expected one such as '(0, 2, 3, 2, "
        "3, 1)', all of one benchmark (the nearest is {})",
        path.string(),
        nearest.stranger,
        nearest.benchmark->file);
  }
  const std::string name = path.filename().string();
  for (const Benchmark* benchmark : benchmarks) {
    if (benchmarks.size() == 1) return *benchmark;
    if (name.find(benchmark->file) != std::string::npos) return *benchmark;
  }
  throw UserError(
      "{}: found tuples that can be of {}; expected the one that is meant in "
      "the file's name",
      path.string(),
      fmt::join(files, " and of "));
}

std::string dataset_name(const std::string& name) {
  return name == "ImageNet16-120" ? "imagenet16_120" : name;
}

std::string without_blanks(std::string text) {
  std::erase(text, ' ');
  return text;
}

void put_entry(
    const std::string& arch,
    const std::string& dataset,
    const Json& entry,
    const std::string& place,
    TableBuilder& table) {
  if (!entry.is_object()) {
    throw UserError(
        "{}: found {}, expected an object of scores", place, entry.type_name());
  }
  const std::string prefix = dataset_name(dataset) + "_";
  if (const auto accuracy = entry.find("val_accuracy");
      accuracy != entry.end()) {
    table.put(arch, prefix + "valid", formats::json_number(*accuracy, place));
  } else {
    table.unused().add(
        "architectures without a validation accuracy",
        fmt::format("{} on {}", arch, dataset));
  }
  for (const auto& [proxy, value] : entry.items()) {
    if (proxy == "idx" || proxy == "arch" || proxy == "val_accuracy") continue;
    // A first form of the files had no times beside the scores.
    const Json& score =
        value.is_object() ? formats::json_member(value, "score", place) : value;
    table.put(arch, prefix + proxy, formats::json_number(score, place));
  }
}

Imported read(
    const std::filesystem::path& path,
    const ImportProgress& progress) {
  Json json = formats::read_json(path);
  // A first form of the files had the benchmark around the data sets.
  if (json.size() == 1 && json.begin()->is_object() &&
      std::ranges::find(kBenchmarks, json.begin().key(), &Benchmark::file) !=
          kBenchmarks.end()) {
    json = Json(json.front());
  }
  const std::string space(find_benchmark(json, path).space);
  std::size_t total = 0;
  for (const Json& archs : json) total += archs.size();
  TableBuilder table;
  std::size_t done = 0;
  for (const auto& [dataset, archs] : json.items()) {
    if (!is_dataset(dataset)) {
      table.unused().add("data sets that are not known", dataset);
      continue;
    }
    std::map<std::string, std::string> tuples;  // by architecture
    for (const auto& [tuple, entry] : archs.items()) {
      const std::string place =
          fmt::format("{}: {} '{}'", path.string(), dataset, tuple);
      const std::string arch = member_spec(space, tuple, place);
      const std::string numbers = without_blanks(tuple);
      const auto first = tuples.try_emplace(arch, numbers).first;
      if (first->second != numbers) {
        // Isomorphic cells of NAS-Bench-101: other networks' random numbers.
        table.unused().add(
            "tuples of an architecture that has come as another tuple, left "
            "out",
            tuple);
        continue;
      }
      put_entry(arch, dataset, entry, place, table);
      progress(++done, total);
    }
  }
  return table.finish(path.string());
}

}  // namespace

Importer nas_bench_suite_zero_importer() {
  return {
      "nas-bench-suite-zero",
      "proxy scores of NAS-Bench-Suite-Zero on its five benchmarks",
      "a file zc_nasbench101.json, zc_nasbench201.json, zc_nasbench301.json, "
      "zc_transbench101_micro.json or zc_transbench101_macro.json of NASLib "
      "(https://github.com/automl/NASLib, branch zerocost)",
      "D_PROXY, the score as NASLib computed it on data set D (params and "
      "flops in millions), and D_valid, the validation accuracy as the file "
      "has it; specs are those of nas-bench-101, nats-tss, darts, "
      "transnas-micro or transnas-macro, by the data sets and tuples.",
      read};
}

}  // namespace zcp::importers
