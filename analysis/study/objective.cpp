#include "analysis/study/objective.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis/study/join.h"
#include "common/error.h"

namespace zcp::study {

namespace {

std::string without_sign(const std::string& member) {
  return member.starts_with('-') ? member.substr(1) : member;
}

/// The rows with a negated column for each member that asks for less.
tables::Table with_negated(
    const Composite& composite,
    const tables::Table& rows) {
  tables::Table table = rows;
  for (const std::string& member : composite.members) {
    if (!member.starts_with('-')) continue;
    if (find_column(table, member)) continue;
    std::vector<double> values =
        rows.values[require_column(rows, without_sign(member), "objective")];
    for (double& value : values) value = -value;
    table.columns.push_back(member);
    table.values.push_back(std::move(values));
  }
  return table;
}

}  // namespace

std::vector<std::string> Objective::columns() const {
  if (!composite) return {name};
  std::vector<std::string> columns;
  for (const std::string& member : composite->members) {
    columns.push_back(without_sign(member));
  }
  return columns;
}

Objective parse_objective(std::string_view text) {
  Objective objective;
  std::string_view rest = text;
  objective.less = rest.starts_with('-');
  if (objective.less) rest.remove_prefix(1);
  if (rest.empty() || rest.starts_with('-')) {
    throw UserError(
        "--by {}: expected a proxy, a composite or a column, a leading - for "
        "less of it",
        text);
  }
  objective.name = rest;
  if (is_composite(rest)) {
    objective.composite = parse_composite(rest);
    objective.name = objective.composite->name;
  }
  return objective;
}

std::vector<double> objective_values(
    const Objective& objective,
    const tables::Table& rows) {
  const auto column = [&](const std::string& name) {
    return rows.values[require_column(rows, name, "objective")];
  };
  if (!objective.composite) return column(objective.name);
  for (const std::string& member : objective.composite->members) {
    // Ranks of nothing: there is no composite yet.
    if (std::ranges::all_of(column(without_sign(member)), [](double value) {
          return std::isnan(value);
        })) {
      return std::vector<double>(
          rows.arch.size(), std::numeric_limits<double>::quiet_NaN());
    }
  }
  return composite_scores(
      *objective.composite, with_negated(*objective.composite, rows));
}

}  // namespace zcp::study
