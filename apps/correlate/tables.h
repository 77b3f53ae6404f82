// The tables that `zcp correlate` reads.
#pragma once

#include <optional>

#include "analysis/study/join.h"
#include "apps/correlate/options.h"
#include "benchmarks/tables/table.h"

namespace zcp::apps {

struct CorrelateTables {
  tables::Table scores;
  tables::Table truth;                 ///< empty without truth
  std::optional<tables::Table> costs;  ///< its one column is the cost
  /// Costs are joined with the truth's column `index`, not by architecture.
  bool costs_by_index = false;
};

/// Throws UserError for a table that cannot be read or a column that is not
/// there.
CorrelateTables read_correlate_tables(const CorrelateOptions& options);

/// The cost at each of the rows, from the table of costs or else the truth; NaN
/// where an architecture has none.
study::Column costs_of(
    const CorrelateTables& tables,
    const std::vector<study::MatchedRow>& rows,
    const std::string& cost);

}  // namespace zcp::apps
