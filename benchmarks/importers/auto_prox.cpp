// Auto-Prox: accuracies of vision transformers on CIFAR-100, Flowers, Chaoyang
// and ImageNet, an object with a list for each set of networks.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "benchmarks/formats/json_file.h"
#include "benchmarks/importers/all.h"
#include "benchmarks/importers/member.h"
#include "benchmarks/importers/table_builder.h"
#include "common/error.h"

namespace zcp::importers {
namespace {

using Json = nlohmann::json;

constexpr const char* kColumns[] = {
    "c100_base_acc",
    "c100_kd_acc",
    "flower_base_acc",
    "flower_kd_acc",
    "chaoyang_base_acc",
    "chaoyang_kd_acc",
    "imagenet_super_acc"};

/// A whole number, or a list of `count` numbers (0: any count).
std::vector<double> numbers(
    const Json& arch,
    const char* name,
    std::size_t count,
    const std::string& place) {
  const Json& value = formats::json_member(arch, name, place);
  const std::string here = fmt::format("{}: {}", place, name);
  std::vector<double> found;
  if (value.is_array()) {
    for (const Json& one : value) {
      found.push_back(formats::json_number(one, here));
    }
  } else {
    found.push_back(formats::json_number(value, here));
  }
  if (count > 0 && found.size() != count) {
    throw UserError(
        "{}: found {} number(s), expected {}", here, found.size(), count);
  }
  return found;
}

std::string pit_spec(const Json& arch, const std::string& place) {
  const auto base = numbers(arch, "base_dim", 1, place);
  const auto ratio = numbers(arch, "mlp_ratio", 1, place);
  const auto depth = numbers(arch, "depth", 3, place);
  const auto heads = numbers(arch, "num_heads", 3, place);
  return fmt::format(
      "b{}-r{}-d{}.{}.{}-h{}.{}.{}",
      base[0],
      ratio[0],
      depth[0],
      depth[1],
      depth[2],
      heads[0],
      heads[1],
      heads[2]);
}

std::string autoformer_spec(const Json& arch, const std::string& place) {
  const double depth = numbers(arch, "depth", 1, place)[0];
  constexpr double kDeepest = 1000;
  if (!(depth >= 1 && depth <= kDeepest)) {
    throw UserError("{}: found depth {}, expected 1 or more", place, depth);
  }
  const auto blocks = static_cast<std::size_t>(depth);
  const auto ratio = numbers(arch, "mlp_ratio", blocks, place);
  const auto heads = numbers(arch, "num_heads", blocks, place);
  std::string spec =
      fmt::format("e{}", numbers(arch, "hidden_dim", 1, place)[0]);
  for (std::size_t i = 0; i < blocks; ++i) {
    spec += fmt::format("-{}x{}", heads[i], ratio[i]);
  }
  return spec;
}

Imported read_one(
    const std::filesystem::path& path,
    const std::string& list,
    const ImportProgress& progress) {
  const Json json = formats::read_json(path);
  const Json& entries = formats::json_member(json, list.c_str(), path.string());
  if (!entries.is_array() || entries.empty()) {
    throw UserError(
        "{}: '{}': found {}, expected a list of networks",
        path.string(),
        list,
        entries.is_array() ? "an empty one" : entries.type_name());
  }
  const std::string space = list == "pit" ? "pit" : "autoformer";
  TableBuilder table;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string place = fmt::format("{}: {}[{}]", path.string(), list, i);
    const Json& arch = formats::json_member(entries[i], "arch", place);
    const std::string spec = member_spec(
        space,
        space == "pit" ? pit_spec(arch, place) : autoformer_spec(arch, place),
        place);
    for (const char* column : kColumns) {
      const auto found = entries[i].find(column);
      if (found == entries[i].end()) continue;
      table.put(spec, column, formats::json_number(*found, place));
    }
    progress(i + 1, entries.size());
  }
  return table.finish(path.string());
}

}  // namespace

Importer auto_prox_importer() {
  return {
      "auto-prox",
      "Auto-Prox, vision transformers",
      "a JSON object with the lists pit, autoformer and autoformer_2 of "
      "objects "
      "with arch and accuracies, made of the tables of "
      "https://github.com/lilujunai/Auto-Prox-AAAI24",
      "c100_base_acc, c100_kd_acc (distilled), flower_..., chaoyang_..., "
      "imagenet_super_acc (of the supernet), in percent. autoformer_2 are "
      "other "
      "members of autoformer.",
      nullptr,
      {"pit", "autoformer", "autoformer_2"},
      read_one};
}

}  // namespace zcp::importers
