// NAS-Bench-Suite-Zero: the file zc_nasbench201.json, other people's proxy
// scores, as a table with NATS-TSS specs.
#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "benchmarks/formats/json_file.h"
#include "benchmarks/importers/all.h"
#include "benchmarks/importers/table_builder.h"
#include "common/error.h"

namespace zcp::importers {
namespace {

using Json = nlohmann::json;

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

tables::Table read(
    const std::filesystem::path& path,
    const ImportProgress& progress) {
  const Json json = formats::read_json(path);
  std::size_t total = 0;
  for (const Json& archs : json) total += archs.size();
  TableBuilder table;
  std::size_t done = 0;
  for (const auto& [dataset, archs] : json.items()) {
    for (const auto& [encoded, entry] : archs.items()) {
      const std::string place =
          fmt::format("{}: {} '{}'", path.string(), dataset, encoded);
      const std::string arch = nats_spec(encoded, place);
      const std::string prefix = dataset_name(dataset) + "_";
      table.put(
          arch,
          prefix + "valid",
          formats::json_number(
              formats::json_member(entry, "val_accuracy", place), place));
      for (const auto& [proxy, value] : entry.items()) {
        if (!value.is_object()) continue;  // idx, arch, val_accuracy
        table.put(
            arch,
            prefix + proxy,
            formats::json_number(
                formats::json_member(value, "score", place), place));
      }
      progress(++done, total);
    }
  }
  return table.finish(path.string());
}

}  // namespace

Importer nas_bench_suite_zero_importer() {
  return {
      "nas-bench-suite-zero",
      "proxy scores of NAS-Bench-Suite-Zero on NAS-Bench-201",
      "the file zc_nasbench201.json of NASLib "
      "(https://github.com/automl/NASLib, branch zerocost)",
      "D_PROXY, the score as NASLib computed it on data set D (params and "
      "flops in millions), and D_valid, the validation accuracy in percent; "
      "specs are those of nats-tss.",
      read};
}

}  // namespace zcp::importers
