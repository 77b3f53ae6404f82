#include "apps/predict/saved.h"

#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>

#include "apps/encode/encoder_json.h"
#include "apps/saved_json.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

using nlohmann::ordered_json;

constexpr const char* kFormat = "zcp predictor";
constexpr int kPlain = 1;    // without points
constexpr int kPointed = 2;  // with an encoder or a table of points

/// JSON has no words for these; no number is NaN.
ordered_json number_json(double value) {
  if (std::isnan(value)) return nullptr;
  if (std::isinf(value)) return value > 0 ? "infinity" : "-infinity";
  return value;
}

double number_of(const ordered_json& value) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (value.is_null()) return std::numeric_limits<double>::quiet_NaN();
  if (value == "infinity") return kInfinity;
  if (value == "-infinity") return -kInfinity;
  return value.get<double>();
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

/// The table's object: {"columns": [name, ...], "rows": [[arch, number, ...],
/// ...]}.
tables::Table read_table(const ordered_json& object) {
  tables::Table table;
  table.columns = object.at("columns").get<std::vector<std::string>>();
  table.values.resize(table.columns.size());
  for (const auto& row : object.at("rows")) {
    if (!row.is_array() || row.size() != 1 + table.columns.size()) {
      throw UserError(
          "points: row {}: expected an architecture and {} numbers",
          table.arch.size() + 1,
          table.columns.size());
    }
    table.arch.push_back(row[0].get<std::string>());
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      table.values[c].push_back(row[1 + c].get<double>());
    }
  }
  if (table.columns.empty() || table.arch.empty()) {
    throw UserError("points: expected columns and rows");
  }
  return table;
}

ordered_json table_json(const tables::Table& table) {
  ordered_json rows = ordered_json::array();
  for (std::size_t i = 0; i < table.arch.size(); ++i) {
    ordered_json row = ordered_json::array({table.arch[i]});
    for (const auto& column : table.values) row.push_back(column[i]);
    rows.push_back(std::move(row));
  }
  return {{"columns", table.columns}, {"rows", std::move(rows)}};
}

SavedPoints read_points(const ordered_json& object) {
  SavedPoints points;
  if (object.contains("encoder")) {
    points.encoder = encoder_of(object.at("encoder"));
  } else {
    points.table = read_table(object.at("table"));
  }
  return points;
}

/// What a model is fitted to has to be there.
void check_features(const SavedPredictor& predictor) {
  const bool spaced =
      predictor.graph || predictor.encoding || !predictor.points.empty();
  if (spaced == predictor.space.empty() ||
      (!spaced && predictor.proxies.empty())) {
    throw UserError("expected proxies, or a space and its features");
  }
}

SavedPredictor read_object(const ordered_json& object) {
  if (!object.is_object() || object.value("format", "") != kFormat) {
    throw UserError("no predictor: expected a file of zcp predict --save");
  }
  const int version = whole_number_in<int>(object, "version");
  if (version != kPlain && version != kPointed) {
    throw UserError(
        "a predictor of version {}: this program reads versions {} and {}",
        version,
        kPlain,
        kPointed);
  }
  SavedPredictor predictor;
  predictor.metric = object.at("metric").get<std::string>();
  predictor.model = object.at("model").get<std::string>();
  predictor.seed = whole_number_in<std::uint64_t>(object, "seed");
  predictor.space = object.at("space").get<std::string>();
  predictor.space_name = object.value("space_name", "");
  predictor.task = object.at("task").get<std::string>();
  predictor.graph = object.at("graph").get<bool>();
  predictor.encoding = object.at("encoding").get<bool>();
  predictor.command_line = object.at("command_line").get<std::string>();
  predictor.proxies = object.at("proxies").get<std::vector<std::string>>();
  predictor.scores.resize(predictor.proxies.size());
  for (const auto& row : object.at("rows")) read_row(row, predictor);
  if (version == kPointed) predictor.points = read_points(object.at("points"));
  check_features(predictor);
  return predictor;
}

}  // namespace

std::string predictor_text(const SavedPredictor& predictor) {
  ordered_json object;
  object["format"] = kFormat;
  object["version"] = predictor.points.empty() ? kPlain : kPointed;
  object["metric"] = predictor.metric;
  object["model"] = predictor.model;
  object["seed"] = predictor.seed;
  object["space"] = predictor.space;
  if (!predictor.space_name.empty()) {
    object["space_name"] = predictor.space_name;
  }
  object["task"] = predictor.task;
  object["graph"] = predictor.graph;
  object["encoding"] = predictor.encoding;
  object["command_line"] = predictor.command_line;
  object["proxies"] = predictor.proxies;
  ordered_json& rows = object["rows"] = ordered_json::array();
  for (std::size_t i = 0; i < predictor.archs.size(); ++i) {
    ordered_json row{predictor.archs[i], predictor.labels[i]};
    for (const auto& column : predictor.scores) {
      row.push_back(number_json(column[i]));
    }
    rows.push_back(std::move(row));
  }
  if (predictor.points.encoder) {
    object["points"]["encoder"] = encoder_json(*predictor.points.encoder);
  } else if (predictor.points.table) {
    object["points"]["table"] = table_json(*predictor.points.table);
  }
  using Handler = ordered_json::error_handler_t;
  return object.dump(-1, ' ', true, Handler::replace) + "\n";
}

SavedPredictor parse_predictor(
    std::string_view text,
    const std::string& source) {
  try {
    SavedPredictor predictor = read_object(parse_saved_json(text));
    predictor.source = source;
    return predictor;
  } catch (const UserError& error) {
    throw UserError("{}: {}", source, error.what());
  } catch (const nlohmann::json::parse_error&) {
    throw UserError(
        "{}: no predictor of zcp predict --save, expected one", source);
  } catch (const nlohmann::json::exception& error) {
    throw UserError(
        "{}: no whole predictor of zcp predict --save: {}",
        source,
        without_number(error.what()));
  }
}

SavedPredictor read_predictor(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw UserError("{}: cannot be read", path);
  std::ostringstream text;
  text << file.rdbuf();
  return parse_predictor(text.str(), path);
}

}  // namespace zcp::apps
