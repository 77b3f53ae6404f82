#include "apps/ranking.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "analysis/study/composite.h"
#include "analysis/study/join.h"
#include "common/error.h"

namespace zcp::apps {

std::vector<double> scores_by(
    const std::string& by,
    const tables::Table& table) {
  if (const auto column = study::find_column(table, by)) {
    return table.values[*column];
  }
  if (study::is_composite(by)) {
    return study::composite_scores(study::parse_composite(by), table);
  }
  study::refuse_left_out(table, by);
  const std::string near = nearest_name(by, table.columns);
  throw UserError(
      "{}: no column or composite {}{} (columns: {})",
      table.source,
      by,
      near.empty() ? "" : ", did you mean " + near + "?",
      fmt::join(table.columns, ", "));
}

}  // namespace zcp::apps
