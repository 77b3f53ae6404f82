#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/correlate_result.h"

namespace zcp::apps {
namespace {

using analysis::Interval;
using analysis::StudyRow;
using nlohmann::ordered_json;

/// JSON has no NaN: a number that does not exist is null.
ordered_json number(double value) {
  return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr);
}

void add_interval(
    ordered_json& object,
    const std::string& name,
    const Interval& interval) {
  object[name + "_low"] = number(interval.low);
  object[name + "_high"] = number(interval.high);
}

ordered_json to_json(
    const StudyRow& row,
    const analysis::StudyOptions& options) {
  ordered_json object;
  object["proxy"] = row.proxy;
  object["metric"] = row.metric;
  object["subset"] = row.subset;
  object["n"] = row.n;
  object["missing"] = row.missing;
  object["kendall_tau"] = number(row.kendall.value);
  object["spearman_rho"] = number(row.spearman.value);
  object["pearson_r"] = number(row.pearson.value);
  add_interval(object, "kendall_tau", row.kendall_interval);
  object["tau_minus_baseline"] = number(row.tau_minus_baseline);
  add_interval(object, "tau_minus_baseline", row.tau_minus_baseline_interval);
  add_interval(object, "spearman_rho", row.spearman_interval);
  add_interval(object, "pearson_r", row.pearson_interval);
  object["kendall_p"] = number(row.kendall.p_value);
  object["spearman_p"] = number(row.spearman.p_value);
  object["pearson_p"] = number(row.pearson.p_value);
  object["weighted_tau"] = number(row.weighted_tau);
  object["partial_tau"] = number(row.partial_tau);
  object["p_beats_baseline"] = number(row.p_beats_baseline);
  object["p_beats_baseline_holm"] = number(row.p_beats_baseline_holm);
  object["baseline"] = options.baseline;
  object["population"] = options.population;
  for (const auto& [name, value] : row.criteria) object[name] = number(value);
  return object;
}

ordered_json to_json(const analysis::PublishedRow& row, const std::string& id) {
  ordered_json object;
  object["table"] = id;
  object["printed"] = row.theirs.printed;
  object["metric"] = row.theirs.metric;
  object["population"] = row.theirs.population;
  object["n"] = row.theirs.cells;
  object["statistic"] = row.theirs.statistic;
  object["theirs"] = number(row.theirs.value);
  object["ours"] = number(row.ours);
  add_interval(object, "ours", row.interval);
  object["inside"] = std::isnan(row.interval.low) ? ordered_json(nullptr)
                                                  : ordered_json(row.inside);
  object["same_truth"] = row.same_truth;
  object["same_population"] = row.same_population;
  return object;
}

/// The numbers of the paper for this row.
ordered_json published_of(const CorrelateResult& result, const StudyRow& row) {
  ordered_json array = ordered_json::array();
  if (row.subset != "all") return array;
  for (const analysis::PublishedRow& each : result.published_rows) {
    if (each.proxy != row.proxy || each.metric != row.metric) continue;
    array.push_back(to_json(each, result.published->table->id));
  }
  return array;
}

/// The ceiling of the row's metric and subset, which has none as a rule.
void add_ceiling(const analysis::Study& study, ordered_json& object) {
  for (const analysis::Ceiling& ceiling : study.ceilings) {
    if (ceiling.metric != object["metric"] ||
        ceiling.subset != object["subset"]) {
      continue;
    }
    object["ceiling_tau"] = number(ceiling.tau);
    add_interval(object, "ceiling_tau", ceiling.tau_interval);
    object["ceiling_rho"] = number(ceiling.rho);
    add_interval(object, "ceiling_rho", ceiling.rho_interval);
    object["ceiling_run_tau"] = number(ceiling.run_tau);
    object["ceiling_run_rho"] = number(ceiling.run_rho);
    object["ceiling_n"] = ceiling.n;
    object["ceiling_columns"] = ceiling.columns;
    return;
  }
}

/// The differences to the proxies behind this one.
ordered_json differences_of(const analysis::Study& study, const StudyRow& row) {
  ordered_json array = ordered_json::array();
  for (const analysis::PairDifference& pair : study.differences) {
    if (pair.proxy != row.proxy || pair.metric != row.metric ||
        pair.subset != row.subset) {
      continue;
    }
    ordered_json object;
    object["other"] = pair.other;
    object["tau_difference"] = number(pair.tau_difference);
    add_interval(object, "tau_difference", pair.interval);
    object["p"] = number(pair.p);
    object["p_holm"] = number(pair.p_holm);
    array.push_back(std::move(object));
  }
  return array;
}

}  // namespace

void print_json(const CorrelateResult& result) {
  ordered_json array = ordered_json::array();
  for (const StudyRow& row : result.study.rows) {
    ordered_json object = to_json(row, result.options);
    add_ceiling(result.study, object);
    if (result.options.differences) {
      object["differences"] = differences_of(result.study, row);
    }
    if (result.published) object["published"] = published_of(result, row);
    array.push_back(std::move(object));
  }
  std::cout << array.dump(2) << "\n";
}

}  // namespace zcp::apps
