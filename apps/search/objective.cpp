#include "apps/search/objective.h"

#include "analysis/study/join.h"

namespace zcp::apps {

std::vector<std::string> Objective::columns() const {
  return predictor ? predictor->saved().proxies : study::Objective::columns();
}

Objective parse_objective(std::string_view text) {
  constexpr std::string_view kPredict = "predict:";
  const bool less = text.starts_with('-');
  const std::string_view rest = text.substr(less ? 1 : 0);
  if (!rest.starts_with(kPredict)) return {study::parse_objective(text), {}};
  Objective objective;
  objective.less = less;
  objective.name = rest;
  objective.predictor = std::make_shared<FittedPredictor>(
      read_predictor(std::string(rest.substr(kPredict.size()))));
  return objective;
}

std::vector<Objective> parse_objectives(const std::string& list) {
  return study::parse_objectives(list, parse_objective);
}

std::vector<double> objective_values(
    const Objective& objective,
    const tables::Table& rows) {
  if (!objective.predictor) return study::objective_values(objective, rows);
  std::vector<std::vector<double>> scores;
  for (const std::string& name : objective.columns()) {
    scores.push_back(
        rows.values[study::require_column(rows, name, "objective")]);
  }
  return objective.predictor->values(rows.arch, scores);
}

}  // namespace zcp::apps
