#include "apps/predict/saved.h"

#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>

#include "analysis/prediction/model.h"
#include "common/error.h"
#include "common/json.h"

namespace zcp::apps {
namespace {

using nlohmann::ordered_json;

constexpr const char* kFormat = "zcp predictor";
constexpr int kVersion = 1;

double number_of(const ordered_json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN()
                         : value.get<double>();
}

/// [arch, label, score, ...]
void read_row(const ordered_json& row, SavedPredictor& predictor) {
  const std::size_t expected = 2 + predictor.proxies.size();
  if (!row.is_array() || row.size() != expected) {
    throw UserError(
        "row {}: expected {} entries, found {}",
        predictor.archs.size() + 1,
        expected,
        row.is_array() ? std::to_string(row.size()) : "no list");
  }
  predictor.archs.push_back(row[0].get<std::string>());
  predictor.labels.push_back(row[1].get<double>());
  if (!std::isfinite(predictor.labels.back())) {
    throw UserError("row {}: no finite label", predictor.archs.size());
  }
  for (std::size_t p = 0; p < predictor.proxies.size(); ++p) {
    predictor.scores[p].push_back(number_of(row[2 + p]));
  }
}

/// What the library says, without its own name and number in brackets.
std::string without_number(std::string_view text) {
  const std::size_t end = text.find("] ");
  return std::string(end == text.npos ? text : text.substr(end + 2));
}

SavedPredictor read_object(const ordered_json& object) {
  if (!object.is_object() || object.value("format", "") != kFormat) {
    throw UserError("no predictor: expected a file of zcp predict --save");
  }
  const int version = object.at("version").get<int>();
  if (version != kVersion) {
    throw UserError(
        "a predictor of version {}: this program reads version {}",
        version,
        kVersion);
  }
  SavedPredictor predictor;
  predictor.metric = object.at("metric").get<std::string>();
  predictor.model =
      prediction::find_model(object.at("model").get<std::string>()).name;
  predictor.seed = object.at("seed").get<std::uint64_t>();
  predictor.space = object.at("space").get<std::string>();
  predictor.task = object.at("task").get<std::string>();
  predictor.graph = object.at("graph").get<bool>();
  predictor.encoding = object.at("encoding").get<bool>();
  predictor.command_line = object.at("command_line").get<std::string>();
  predictor.proxies = object.at("proxies").get<std::vector<std::string>>();
  predictor.scores.resize(predictor.proxies.size());
  for (const auto& row : object.at("rows")) read_row(row, predictor);
  const bool graphs = predictor.graph || predictor.encoding;
  if (graphs == predictor.space.empty() ||
      (!graphs && predictor.proxies.empty())) {
    throw UserError("expected proxies, or a space and its features");
  }
  return predictor;
}

}  // namespace

std::string predictor_text(const SavedPredictor& predictor) {
  ordered_json object;
  object["format"] = kFormat;
  object["version"] = kVersion;
  object["metric"] = predictor.metric;
  object["model"] = predictor.model;
  object["seed"] = predictor.seed;
  object["space"] = predictor.space;
  object["task"] = predictor.task;
  object["graph"] = predictor.graph;
  object["encoding"] = predictor.encoding;
  object["command_line"] = predictor.command_line;
  object["proxies"] = predictor.proxies;
  ordered_json& rows = object["rows"] = ordered_json::array();
  for (std::size_t i = 0; i < predictor.archs.size(); ++i) {
    ordered_json row{predictor.archs[i], predictor.labels[i]};
    for (const auto& column : predictor.scores) {
      row.push_back(number_or_null(column[i]));
    }
    rows.push_back(std::move(row));
  }
  using Handler = ordered_json::error_handler_t;
  return object.dump(-1, ' ', true, Handler::replace) + "\n";
}

SavedPredictor read_predictor(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw UserError("{}: cannot be read", path);
  std::ostringstream text;
  text << file.rdbuf();
  try {
    SavedPredictor predictor = read_object(ordered_json::parse(text.str()));
    predictor.source = path;
    return predictor;
  } catch (const UserError& error) {
    throw UserError("{}: {}", path, error.what());
  } catch (const nlohmann::json::parse_error&) {
    throw UserError(
        "{}: no predictor of zcp predict --save, expected one", path);
  } catch (const nlohmann::json::exception& error) {
    throw UserError(
        "{}: no whole predictor of zcp predict --save: {}",
        path,
        without_number(error.what()));
  }
}

}  // namespace zcp::apps
