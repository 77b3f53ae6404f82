// What is looked for in a table of columns: one of them or a composite, more
// or less of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/study/composite.h"
#include "benchmarks/tables/table.h"
#include "common/error.h"

namespace zcp::study {

struct Objective {
  std::string name;   ///< of the column in results, without the sign
  bool less = false;  ///< whether less of it is better
  /// None for a plain column, whose name is `name`.
  std::optional<Composite> composite;

  /// The columns that it is computed from.
  std::vector<std::string> columns() const;
};

/// "zico", "-params", "az_nas", "mine=log_rank(a,b)". A member of one's own
/// composite may have a leading - too, and may come twice to count twice.
/// Throws UserError for no name and for a composite that is ill-formed.
Objective parse_objective(std::string_view text);

/// A list of objectives, separated by commas outside of parentheses, each read
/// by `parse`, which gives an Objective or what is derived from it. Throws
/// UserError also for none and for two of one name.
template <typename Parse>
auto parse_objectives(const std::string& list, const Parse& parse) {
  std::vector<decltype(parse(std::string_view()))> objectives;
  for (const std::string& text : split_composites(list)) {
    auto objective = parse(text);
    for (const auto& other : objectives) {
      if (other.name != objective.name) continue;
      throw UserError("--by {}: {} comes twice", list, objective.name);
    }
    objectives.push_back(std::move(objective));
  }
  if (objectives.empty()) {
    throw UserError("--by {}: expected one objective or more", list);
  }
  return objectives;
}

/// The objective of each row: the column itself or, of a composite, the sum of
/// ranks among all rows; NaN where there is none. Not negated. `rows` has the
/// objective's columns.
std::vector<double> objective_values(
    const Objective& objective,
    const tables::Table& rows);

}  // namespace zcp::study
