// NAS-Bench-Macro: the file nas-bench-macro_cifar10.json, an object with an
// entry for each architecture: accuracies of every seed, their mean, params
// and macs.
#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "benchmarks/formats/json_file.h"
#include "benchmarks/importers/all.h"
#include "benchmarks/importers/member.h"
#include "benchmarks/importers/table_builder.h"

namespace zcp::importers {
namespace {

using Json = nlohmann::json;

/// Our columns and the file's names for them.
constexpr std::array<std::pair<const char*, const char*>, 3> kMacroColumns = {
    {{"accuracy_mean", "mean_acc"}, {"params", "params"}, {"macs", "flops"}}};

bool has_column(const std::string& name) {
  if (name == "test_acc" || name == "std") return true;  // std: of test_acc
  for (const auto& [column, of_file] : kMacroColumns) {
    if (name == of_file) return true;
  }
  return false;
}

void put_entry(
    const std::string& arch,
    const Json& entry,
    const std::string& place,
    TableBuilder& table) {
  const Json& seeds = formats::json_member(entry, "test_acc", place);
  for (std::size_t seed = 0; seed < seeds.size(); ++seed) {
    table.put(
        arch,
        fmt::format("accuracy_seed{}", seed),
        formats::json_number(seeds.at(seed), place));
  }
  for (const auto& [column, name] : kMacroColumns) {
    table.put(
        arch,
        column,
        formats::json_number(formats::json_member(entry, name, place), place));
  }
  for (const auto& [name, value] : entry.items()) {
    if (has_column(name)) continue;
    table.unused().add(
        "entries without a column", fmt::format("'{}' of {}", name, arch));
  }
}

Imported read(
    const std::filesystem::path& path,
    const ImportProgress& progress) {
  const Json json = formats::read_json(path);
  TableBuilder table;
  std::size_t done = 0;
  for (const auto& [arch, entry] : json.items()) {
    const std::string place = fmt::format("{}: '{}'", path.string(), arch);
    member_spec("nas-bench-macro", arch, path.string());
    put_entry(arch, entry, place, table);
    progress(++done, json.size());
  }
  return table.finish(path.string());
}

}  // namespace

Importer nas_bench_macro_importer() {
  return {
      "nas-bench-macro",
      "NAS-Bench-Macro, CIFAR-10",
      "the file nas-bench-macro_cifar10.json of "
      "https://github.com/xiusu/NAS-Bench-Macro",
      "accuracy_seed0, ... and accuracy_mean in percent; params; macs.",
      read};
}

}  // namespace zcp::importers
