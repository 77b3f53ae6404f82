#include "benchmarks/importers/hw_nas_bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "benchmarks/formats/files.h"
#include "benchmarks/formats/numpy_pickle.h"
#include "benchmarks/formats/pickle.h"
#include "benchmarks/importers/all.h"
#include "benchmarks/importers/member.h"
#include "common/error.h"

namespace zcp::importers {
namespace {

/// The file's name of a data set, and ours.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kSets = {
    {{"cifar10", "cifar10"},
     {"cifar100", "cifar100"},
     {"ImageNet16-120", "imagenet16_120"}}};

/// The specs of the architectures: a configuration each, in a list or in a dict
/// by number.
std::vector<std::string> read_specs(
    const formats::PickleValue& configs,
    const std::string& source) {
  std::vector<std::string> specs;
  for (std::size_t i = 0; i < configs.size(); ++i) {
    const bool dict = configs.is_dict();
    if (dict && configs.key(i).integer() != static_cast<std::int64_t>(i)) {
      configs.refuse(fmt::format("architecture {} as number {}", i, i));
    }
    const formats::PickleValue config =
        dict ? configs.value(i) : configs.item(i);
    specs.push_back(
        member_spec("nats-tss", config.at("arch_str").text(), source));
  }
  const std::unordered_set<std::string> different(specs.begin(), specs.end());
  if (specs.empty() || different.size() != specs.size()) {
    configs.refuse("configurations of architectures, each once");
  }
  return specs;
}

/// Adds a data set's columns.
void add_set(
    const formats::PickleValue& metrics,
    std::string_view set,
    Imported& table) {
  std::vector<std::string> specs =
      read_specs(metrics.at("config"), table.source);
  if (table.arch.empty())
    table.arch = std::move(specs);
  else if (table.arch != specs) {
    metrics.refuse("the architectures of the other data sets, in their order");
  }
  constexpr std::size_t kMost = 64;
  if (metrics.size() > kMost) metrics.refuse("64 metrics at most");
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    const std::string_view name = metrics.key(i).text();
    if (name == "config") continue;
    std::vector<double> values = formats::numbers_of(metrics.value(i));
    if (values.size() != table.arch.size()) {
      metrics.value(i).refuse(fmt::format(
          "a list of {} numbers as '{}' (it has {})",
          table.arch.size(),
          name,
          values.size()));
    }
    table.columns.push_back(fmt::format("{}_{}", set, name));
    for (std::size_t row = 0; row < values.size(); ++row) {
      if (!std::isnan(values[row])) continue;
      table.unused.add(
          kNoNumbers,
          fmt::format("{} of {}", table.columns.back(), table.arch[row]));
    }
    table.values.push_back(std::move(values));
  }
}

/// Parts of the file and data sets that have no columns.
void note_unknown(
    const formats::PickleValue& parts,
    const formats::PickleValue& sets,
    Unused& unused) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string_view name = parts.key(i).text();
    // FBNet's operators are no architectures: the importer says so itself.
    if (name == "nasbench201" || name == "fbnet") continue;
    unused.add("parts of the file that are not known", std::string(name));
  }
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const std::string_view name = sets.key(i).text();
    const bool known = std::ranges::any_of(
        kSets, [&](const auto& set) { return set.first == name; });
    if (known) continue;
    unused.add("data sets that are not known", std::string(name));
  }
}

Imported read(
    const std::filesystem::path& path,
    const ImportProgress& /*progress*/) {
  return parse_hw_nas_bench(formats::read_bytes(path), path.string());
}

}  // namespace

Imported parse_hw_nas_bench(std::string bytes, const std::string& source) {
  const formats::Pickle pickle(
      std::move(bytes), source, formats::kNumpyArrayNames);
  const formats::PickleValue sets = pickle.root().at("nasbench201");
  Imported table{{source, {}, {}, {}}, {}};
  for (const auto& [name, ours] : kSets) {
    if (const auto metrics = sets.find(name)) add_set(*metrics, ours, table);
  }
  note_unknown(pickle.root(), sets, table.unused);
  if (table.columns.empty()) sets.refuse("one with the key 'cifar10'");
  return table;
}

/// A row an architecture of NAS-Bench-201, in its order.
Importer hw_nas_bench_importer() {
  return {
      "hw-nas-bench",
      "HW-NAS-Bench, latency and energy of the cells of NAS-Bench-201",
      "the file HW-NAS-Bench-v1_0.pickle "
      "(https://github.com/GATECH-EIC/HW-NAS-Bench)",
      "D_DEVICE_latency in ms and D_DEVICE_energy in mJ of each data set D: "
      "edgegpu, raspi4, edgetpu, pixel3, eyeriss (and its "
      "arithmetic_intensity), fpga. Less is better. Specs are those of "
      "nats-tss; the operators of the file's FBNet part are no architectures "
      "and are left out.",
      read};
}

}  // namespace zcp::importers
