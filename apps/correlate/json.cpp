#include "common/json.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/correlate/print.h"

namespace zcp::apps {
namespace {

using nlohmann::ordered_json;
using statistics::Interval;
using study::StudyRow;

void add_interval(
    ordered_json& object,
    const std::string& name,
    const Interval& interval) {
  object[name + "_low"] = number_or_null(interval.low);
  object[name + "_high"] = number_or_null(interval.high);
}

ordered_json to_json(const StudyRow& row, const study::StudyOptions& options) {
  ordered_json object;
  object["proxy"] = row.proxy;
  object["metric"] = row.metric;
  object["subset"] = row.subset;
  object["n"] = row.n;
  object["missing"] = row.missing;
  object["kendall_tau"] = number_or_null(row.kendall.value);
  object["spearman_rho"] = number_or_null(row.spearman.value);
  object["pearson_r"] = number_or_null(row.pearson.value);
  add_interval(object, "kendall_tau", row.kendall_interval);
  object["tau_minus_baseline"] = number_or_null(row.tau_minus_baseline);
  add_interval(object, "tau_minus_baseline", row.tau_minus_baseline_interval);
  add_interval(object, "spearman_rho", row.spearman_interval);
  add_interval(object, "pearson_r", row.pearson_interval);
  object["kendall_p"] = number_or_null(row.kendall.p_value);
  object["spearman_p"] = number_or_null(row.spearman.p_value);
  object["pearson_p"] = number_or_null(row.pearson.p_value);
  object["weighted_tau"] = number_or_null(row.weighted_tau);
  object["partial_tau"] = number_or_null(row.partial_tau);
  object["p_beats_baseline"] = number_or_null(row.p_beats_baseline);
  object["p_beats_baseline_holm"] = number_or_null(row.p_beats_baseline_holm);
  object["baseline"] = options.baseline;
  object["population"] = options.population;
  for (const auto& [name, value] : row.criteria)
    object[name] = number_or_null(value);
  return object;
}

ordered_json to_json(
    const published::PublishedRow& row,
    const std::string& id) {
  ordered_json object;
  object["table"] = id;
  object["printed"] = row.theirs.printed;
  object["metric"] = row.theirs.metric;
  object["population"] = row.theirs.population;
  object["n"] = row.theirs.cells;
  object["statistic"] = row.theirs.statistic;
  object["theirs"] = number_or_null(row.theirs.value);
  object["ours"] = number_or_null(row.ours);
  add_interval(object, "ours", row.interval);
  object["inside"] = std::isnan(row.interval.low) ? ordered_json(nullptr)
                                                  : ordered_json(row.inside);
  object["width"] = number_or_null(row.width);
  object["verdict"] = published::to_text(row.verdict);
  object["why"] = row.why;
  object["same_truth"] = row.same_truth;
  object["same_population"] = row.same_population;
  return object;
}

/// The numbers of the paper for this row.
ordered_json published_of(const CorrelateResult& result, const StudyRow& row) {
  ordered_json array = ordered_json::array();
  if (row.subset != "all") return array;
  for (const PublishedComparison& table : result.published) {
    for (const published::PublishedRow& each : table.rows) {
      if (each.proxy != row.proxy || each.metric != row.metric) continue;
      array.push_back(to_json(each, table.choice.table->id));
    }
  }
  return array;
}

/// The ceiling of the row's metric and subset, which has none as a rule.
void add_ceiling(const study::Study& study, ordered_json& object) {
  for (const study::Ceiling& ceiling : study.ceilings) {
    if (object["metric"] != ceiling.metric ||
        object["subset"] != ceiling.subset) {
      continue;
    }
    object["ceiling_tau"] = number_or_null(ceiling.tau);
    add_interval(object, "ceiling_tau", ceiling.tau_interval);
    object["ceiling_rho"] = number_or_null(ceiling.rho);
    add_interval(object, "ceiling_rho", ceiling.rho_interval);
    object["ceiling_run_tau"] = number_or_null(ceiling.run_tau);
    object["ceiling_run_rho"] = number_or_null(ceiling.run_rho);
    object["ceiling_n"] = ceiling.n;
    object["ceiling_columns"] = ceiling.columns;
    return;
  }
}

/// The differences to the proxies behind this one.
ordered_json differences_of(const study::Study& study, const StudyRow& row) {
  ordered_json array = ordered_json::array();
  for (const study::PairDifference& pair : study.differences) {
    if (pair.proxy != row.proxy || pair.metric != row.metric ||
        pair.subset != row.subset) {
      continue;
    }
    ordered_json object;
    object["other"] = pair.other;
    object["tau_difference"] = number_or_null(pair.tau_difference);
    add_interval(object, "tau_difference", pair.interval);
    object["p"] = number_or_null(pair.p);
    object["p_holm"] = number_or_null(pair.p_holm);
    array.push_back(std::move(object));
  }
  return array;
}

/// Where the matrix has a proxy; the number of its names where it has it not.
std::size_t place_of(
    const study::CorrelationMatrix& matrix,
    const std::string& proxy) {
  const auto found = std::find(matrix.names.begin(), matrix.names.end(), proxy);
  return static_cast<std::size_t>(found - matrix.names.begin());
}

void add_matrix(const CorrelateResult& result, ordered_json& object) {
  if (!result.matrix) return;
  const study::CorrelationMatrix& matrix = *result.matrix;
  const std::size_t at = place_of(matrix, object["proxy"]);
  if (at == matrix.names.size()) return;
  ordered_json pairs = ordered_json::object();
  for (std::size_t i = 0; i < matrix.names.size(); ++i) {
    ordered_json pair;
    pair["kendall_tau"] = number_or_null(matrix.tau[at][i]);
    pair["spearman_rho"] = number_or_null(matrix.rho[at][i]);
    pairs[matrix.names[i]] = std::move(pair);
  }
  object["pairs"] = std::move(pairs);
  const bool enough = result.matrix_rows >= statistics::kLeastRows;
  object["cluster"] =
      enough ? ordered_json(matrix.cluster[at]) : ordered_json(nullptr);
}

void add_stability(const CorrelateResult& result, ordered_json& object) {
  for (const study::Stability& row : result.stability) {
    if (object["proxy"] != row.proxy) continue;
    ordered_json stability;
    stability["runs"] = row.runs;
    stability["n"] = row.n;
    stability["missing"] = row.missing;
    stability["kendall_tau"] = number_or_null(row.tau);
    stability["kendall_tau_least"] = number_or_null(row.tau_least);
    stability["spearman_rho"] = number_or_null(row.rho);
    stability["spearman_rho_least"] = number_or_null(row.rho_least);
    stability["icc_agreement"] = number_or_null(row.icc_agreement);
    stability["icc_consistency"] = number_or_null(row.icc_consistency);
    stability["rank_change"] = number_or_null(row.rank_change);
    stability["kept_top_0.1"] = number_or_null(row.kept);
    for (const RunTaus& runs : result.run_taus) {
      if (runs.proxy != row.proxy || runs.metric != object.value("metric", ""))
        continue;
      ordered_json taus = ordered_json::array();
      for (const double tau : runs.tau) taus.push_back(number_or_null(tau));
      stability["metric_tau_of_runs"] = std::move(taus);
    }
    object["stability"] = std::move(stability);
  }
}

ordered_json to_json(const study::Ensemble& ensemble) {
  ordered_json object;
  object["members"] = ensemble.members;
  object["rule"] =
      ensemble.rule == study::RankRule::sum ? "rank_sum" : "log_rank";
  object["kendall_tau"] = number_or_null(ensemble.tau);
  return object;
}

ordered_json to_json(const study::EnsembleMethod& method) {
  ordered_json object;
  object["method"] = method.name;
  object["held_out_tau"] = number_or_null(method.tau);
  add_interval(object, "held_out_tau", method.interval);
  object["minus_best_single"] = number_or_null(method.minus_single);
  add_interval(object, "minus_best_single", method.minus_single_interval);
  object["fold_tau"] = ordered_json::array();
  for (const double tau : method.fold_tau) {
    object["fold_tau"].push_back(number_or_null(tau));
  }
  object["chosen"] = ordered_json::array();
  for (const study::Ensemble& each : method.chosen) {
    object["chosen"].push_back(to_json(each));
  }
  object["overall"] = to_json(method.overall);
  return object;
}

/// Ensembles are over the whole population, so they go with its rows.
void add_ensembles(const CorrelateResult& result, ordered_json& object) {
  for (const study::EnsembleResult& each : result.ensembles) {
    if (object["metric"] != each.metric || object["subset"] != "all") continue;
    object["ensembles"] = ordered_json::array();
    for (const study::EnsembleMethod& method : each.methods) {
      object["ensembles"].push_back(to_json(method));
    }
  }
}

void add_costs(const CorrelateResult& result, ordered_json& object) {
  for (const study::CostTradeOff& row : result.costs) {
    if (object["metric"] != row.metric || object["proxy"] != row.proxy ||
        object["subset"] != "all") {
      continue;
    }
    ordered_json cost;
    cost["column"] = row.cost;
    cost["n"] = row.n;
    cost["missing"] = row.missing;
    cost["true_front"] = row.true_front;
    cost["chosen_front"] = row.chosen_front;
    cost["shared"] = row.shared;
    cost["hypervolume_ratio"] = number_or_null(row.hypervolume_ratio);
    cost["limits"] = ordered_json::array();
    for (const study::LimitLoss& loss : row.limits) {
      cost["limits"].push_back(
          {{"limit", number_or_null(loss.limit)},
           {"n", loss.n},
           {"best", number_or_null(loss.best)},
           {"lost", number_or_null(loss.lost)}});
    }
    object["cost"] = std::move(cost);
  }
}

/// An object a proxy of what needs no truth.
ordered_json proxies_alone(const CorrelateResult& result) {
  std::vector<std::string> names;
  if (result.matrix) names = result.matrix->names;
  for (const study::Stability& row : result.stability) {
    if (std::find(names.begin(), names.end(), row.proxy) == names.end()) {
      names.push_back(row.proxy);
    }
  }
  ordered_json array = ordered_json::array();
  for (const std::string& name : names) {
    ordered_json object;
    object["proxy"] = name;
    add_matrix(result, object);
    add_stability(result, object);
    array.push_back(std::move(object));
  }
  return array;
}

/// The array that print_json() prints.
ordered_json objects_of(const CorrelateResult& result) {
  if (result.study.rows.empty()) return proxies_alone(result);
  ordered_json array = ordered_json::array();
  for (const StudyRow& row : result.study.rows) {
    ordered_json object = to_json(row, result.options.request.study);
    add_ceiling(result.study, object);
    if (result.options.request.study.differences) {
      object["differences"] = differences_of(result.study, row);
    }
    if (!result.published.empty())
      object["published"] = published_of(result, row);
    add_matrix(result, object);
    add_stability(result, object);
    add_ensembles(result, object);
    add_costs(result, object);
    array.push_back(std::move(object));
  }
  return array;
}

/// A value as a field: nothing where there is none, a number as JSON has it.
std::string csv_field(const ordered_json& value) {
  if (value.is_null()) return {};
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace

void print_json(const CorrelateResult& result) {
  std::cout << json_text(objects_of(result)) << "\n";
}

void print_csv(const CorrelateResult& result) {
  const ordered_json array = objects_of(result);
  std::vector<std::string> columns;
  for (const ordered_json& object : array) {
    for (const auto& [name, value] : object.items()) {
      if (value.is_structured()) continue;
      if (std::ranges::find(columns, name) == columns.end()) {
        columns.push_back(name);
      }
    }
  }
  TableWriter out(std::cout, TableFormat::csv);
  std::vector<Cells> lines{columns};
  for (const ordered_json& object : array) {
    Cells cells;
    for (const std::string& name : columns) {
      const auto found = object.find(name);
      cells.push_back(found == object.end() ? "" : csv_field(*found));
    }
    lines.push_back(std::move(cells));
  }
  out.table(lines);
}

}  // namespace zcp::apps
