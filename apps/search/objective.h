// What a search looks for: a column or a composite, more or less of it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/study/objective.h"
#include "apps/predict/fitted.h"
#include "benchmarks/tables/table.h"

namespace zcp::apps {

struct Objective : study::Objective {
  /// None for what is no predict:FILE.
  std::shared_ptr<FittedPredictor> predictor;

  /// The columns that it is computed from.
  std::vector<std::string> columns() const;
};

/// "zico", "-params", "cifar100:naswot", "az_nas", "mine=log_rank(a,b)",
/// "predict:FILE" of a predictor that zcp predict has saved. A
/// member of one's own composite may have a leading - too, and may come twice
/// to count twice.
/// Throws UserError for no name, for a composite that is ill-formed and for a
/// file that is no predictor.
Objective parse_objective(std::string_view text);

/// A list of them, separated by commas outside of parentheses. Throws UserError
/// also for none and for two of one name.
std::vector<Objective> parse_objectives(const std::string& list);

/// The objective of each row: the column itself, what a predictor expects or,
/// of a composite, the sum of ranks among all rows; NaN where there is none.
/// Not negated. `rows` has the objective's columns.
std::vector<double> objective_values(
    const Objective& objective,
    const tables::Table& rows);

}  // namespace zcp::apps
