#include "apps/predict/output.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>

#include "apps/text_table.h"
#include "benchmarks/formats/csv.h"
#include "common/json.h"

namespace zcp::apps {
namespace {

using nlohmann::ordered_json;
using prediction::Estimate;
using prediction::LearningRow;

/// "beats NAME (.620) by .093 [.085, .101]".
std::string
compared(const Estimate& difference, const std::string& name, double tau) {
  const double low = difference.interval.low;
  const double high = difference.interval.high;
  if (std::isnan(difference.value)) return {};
  std::string word = "cannot be told from";
  if (low > 0) word = "beats";
  if (high < 0) word = "trails";
  return fmt::format(
      "{} {} ({}) by {}",
      word,
      name,
      short_number(tau),
      with_interval(difference.value, difference.interval));
}

void add_interval(
    ordered_json& object,
    const std::string& name,
    const Estimate& estimate) {
  object[name] = number_or_null(estimate.value);
  object[name + "_low"] = number_or_null(estimate.interval.low);
  object[name + "_high"] = number_or_null(estimate.interval.high);
}

}  // namespace

std::string learning_verdict(
    const LearningRow& row,
    const std::string& baseline) {
  std::string text = fmt::format(
      "With {} labels, {} (tau {}) ",
      row.labels,
      row.model,
      short_number(row.tau.value));
  std::string best =
      compared(row.minus_best_proxy, row.best_proxy, row.best_proxy_tau);
  text += best.empty() ? "has no single proxy to compare with"
                       : best + ", the best single proxy on those labels";
  const std::string other =
      compared(row.minus_baseline, baseline, row.baseline_tau);
  if (!other.empty()) text += ", and " + other;
  return text + ".";
}

/// The table in numbers: an interval is two columns.
void print_learning_csv(
    std::span<const LearningRow> rows,
    const PredictRequest& request) {
  std::vector<Cells> lines{
      {"model",
       "labels",
       "kendall_tau",
       "kendall_tau_low",
       "kendall_tau_high",
       "spearman_rho",
       "best_proxy",
       "best_proxy_tau",
       "baseline",
       "baseline_tau"}};
  for (const LearningRow& row : rows) {
    lines.push_back(
        {row.model,
         std::to_string(row.labels),
         plain_number(row.tau.value),
         plain_number(row.tau.interval.low),
         plain_number(row.tau.interval.high),
         plain_number(row.rho),
         row.best_proxy,
         plain_number(row.best_proxy_tau),
         request.study.study.baseline,
         plain_number(row.baseline_tau)});
  }
  TableWriter(std::cout, TableFormat::csv).table(lines);
}

void print_learning(
    std::span<const LearningRow> rows,
    const PredictRequest& request) {
  if (request.format == TableFormat::csv) {
    print_learning_csv(rows, request);
    return;
  }
  std::vector<Cells> lines{
      {"model",
       "labels",
       "tau",
       "rho",
       "best proxy",
       "its tau",
       request.study.study.baseline}};
  for (const LearningRow& row : rows) {
    lines.push_back(
        {row.model,
         std::to_string(row.labels),
         with_interval(row.tau.value, row.tau.interval),
         short_number(row.rho),
         row.best_proxy,
         short_number(row.best_proxy_tau),
         short_number(row.baseline_tau)});
  }
  TableWriter out(std::cout, request.format);
  out.title(fmt::format(
      "Tau-b with {} of the architectures held out, mean of {} draw(s) of the "
      "labels",
      request.study.study.metrics.front(),
      request.learning.repeats));
  out.table(lines);
  const bool same = request.learning.repeats > 1 &&
                    std::ranges::any_of(rows, [](const LearningRow& row) {
                      return row.repeats == 1;
                    });
  if (same) {
    out.note(
        "Where all draws chose the same labels they are one, and its intervals "
        "are of the architectures held out.",
        2);
  }
  if (request.format == TableFormat::text) std::cout << "\n";
  for (const LearningRow& row : rows) {
    out.note(learning_verdict(row, request.study.study.baseline), 2);
  }
}

void print_learning_json(
    std::span<const LearningRow> rows,
    const PredictRequest& request) {
  ordered_json array = ordered_json::array();
  for (const LearningRow& row : rows) {
    ordered_json object;
    object["labels"] = row.labels;
    object["model"] = row.model;
    object["features"] = request.features;
    add_interval(object, "kendall_tau", row.tau);
    object["spearman_rho"] = number_or_null(row.rho);
    object["best_proxy"] = row.best_proxy;
    object["best_proxy_tau"] = number_or_null(row.best_proxy_tau);
    add_interval(object, "tau_minus_best_proxy", row.minus_best_proxy);
    object["baseline"] = request.study.study.baseline;
    object["baseline_tau"] = number_or_null(row.baseline_tau);
    add_interval(object, "tau_minus_baseline", row.minus_baseline);
    object["metric"] = request.study.study.metrics.front();
    object["held_out"] = row.held;
    object["repeats"] = request.learning.repeats;
    object["setting"] = row.setting;
    object["verdict"] = learning_verdict(row, request.study.study.baseline);
    array.push_back(object);
  }
  std::cout << json_text(array) << "\n";
}

void write_importance(std::ostream& out, std::span<const LearningRow> rows) {
  out << "labels,model,name,share\n";
  for (const LearningRow& row : rows) {
    for (const prediction::Importance& each : row.importance) {
      std::string line = fmt::format("{},{},", row.labels, row.model);
      formats::append_csv_field(line, each.name);
      out << fmt::format("{},{:.6g}\n", line, each.share);
    }
  }
}

}  // namespace zcp::apps
