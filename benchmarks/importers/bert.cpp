// training-free-nas: 500 FlexiBERT encoders with their GLUE scores, a list of
// configurations.
#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "benchmarks/formats/json_file.h"
#include "benchmarks/importers/all.h"
#include "benchmarks/importers/member.h"
#include "benchmarks/importers/table_builder.h"
#include "common/error.h"
#include "nets/spaces/flexibert_spec.h"

namespace zcp::importers {
namespace {

using Json = nlohmann::json;
namespace flexibert = spaces::flexibert;

/// A text or a number, as a spec has it.
std::string
word(const Json& layer, const char* name, const std::string& place) {
  const Json& value = formats::json_member(layer, name, place);
  if (value.is_string()) return value.get<std::string>();
  return fmt::format(
      "{}", formats::json_number(value, fmt::format("{}: {}", place, name)));
}

std::string spec_of(const Json& entry, const std::string& place) {
  std::string spec = "h" + word(entry, "hidden_size", place);
  const Json& layers = formats::json_member(entry, "encoder_layers", place);
  if (!layers.is_array()) {
    throw UserError(
        "{}: encoder_layers: found {}, expected a list",
        place,
        layers.type_name());
  }
  for (const Json& layer : layers) {
    spec += fmt::format(
        "/{}-{}-{}-{}-{}",
        word(layer, "operation_type", place),
        word(layer, "operation_parameter", place),
        word(layer, "num_operation_heads", place),
        word(layer, "feed_forward_dimension", place),
        word(layer, "num_feed_forward", place));
  }
  return member_spec("flexibert", spec, place);
}

/// Scores of one configuration, which may have been trained more than once.
struct Runs {
  std::map<std::string, double> sums;
  double count = 0;
};

void put_params(const std::string& spec, TableBuilder& table) {
  using flexibert::Reading;
  const flexibert::Encoder encoder = flexibert::parse(spec);
  const auto put = [&](const char* column, Reading reading) {
    table.put(
        spec, column, static_cast<double>(flexibert::params(encoder, reading)));
  };
  put("params_configured", Reading::configured);
  put("params_published", Reading::published);
  put("params_trained", Reading::trained);
}

Imported read(
    const std::filesystem::path& path,
    const ImportProgress& progress) {
  const Json json = formats::read_json_list(path);
  std::map<std::string, Runs> runs;
  std::vector<std::string> order;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const std::string place = fmt::format("{}: [{}]", path.string(), i);
    const std::string spec = spec_of(json[i], place);
    const Json& scores = formats::json_member(json[i], "scores", place);
    if (!scores.is_object()) {
      throw UserError(
          "{}: scores: found {}, expected an object",
          place,
          scores.type_name());
    }
    Runs& own = runs[spec];
    if (own.count == 0) order.push_back(spec);
    ++own.count;
    for (const auto& [task, score] : scores.items()) {
      own.sums[task] += formats::json_number(score, place + ": " + task);
    }
    progress(i + 1, json.size());
  }
  TableBuilder table;
  for (const std::string& spec : order) {
    const Runs& own = runs[spec];
    for (const auto& [task, sum] : own.sums) {
      table.put(spec, task, sum / own.count);
    }
    table.put(spec, "runs", own.count);
    put_params(spec, table);
  }
  return table.finish(path.string());
}

}  // namespace

Importer bert_importer() {
  return {
      "bert",
      "NAS-Bench-BERT, FlexiBERT's encoders on GLUE",
      "a JSON list of objects with hidden_size, encoder_layers and scores, of "
      "https://github.com/aaronserianni/training-free-nas",
      "cola, mnli, ..., glue: the mean of `runs` trainings of one "
      "configuration; params_configured as the configuration says, "
      "params_published with 256 features and 1024 wide, as the published "
      "column counts, params_trained of what their program trained.",
      read};
}

}  // namespace zcp::importers
