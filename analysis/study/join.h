// Scores and truth brought together: the same architectures, row by row.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/statistics/rank.h"
#include "analysis/study/subset.h"
#include "benchmarks/tables/table.h"

namespace zcp::study {

using Column = std::vector<double>;

/// The position of a column, if the table has it.
std::optional<std::size_t> find_column(
    const tables::Table& table,
    const std::string& name);

/// The position of a column. Throws UserError naming the table, the nearest
/// column and all of them; `what` says what the column is to be.
std::size_t require_column(
    const tables::Table& table,
    const std::string& name,
    std::string_view what);

/// Rows of the same architecture in both tables.
struct Match {
  std::size_t score;
  std::size_t truth;
};

/// Matches in the order of the truth. Throws UserError when there are none.
std::vector<Match> join(
    const tables::Table& scores,
    const tables::Table& truth);

/// The matches in a population (see subset.h). Throws as population() does.
std::vector<Match> restrict_to(
    const std::string& name,
    const std::vector<Match>& matches,
    const tables::Table& truth);

/// Which columns of the scores take part, the baseline among them.
struct Selection {
  std::vector<std::size_t> columns;
  std::optional<std::size_t> baseline;  ///< position in `columns`
  std::size_t shown = 0;  ///< columns asked for; the baseline may be one more
};

/// The columns named by `proxies` (empty: all) and the baseline, if there is
/// such a column. Throws UserError for a name that is no column, for the
/// baseline only if it is required.
Selection select_columns(
    const tables::Table& scores,
    const std::vector<std::string>& proxies,
    const std::string& baseline,
    bool baseline_required);

/// The selected scores beside one metric, over the joined rows that have it.
struct Joined {
  std::string metric;
  std::vector<std::string> proxies;
  std::vector<Column> scores;  ///< [proxy][row], NaN: missing
  Column truth;
  std::optional<std::size_t> baseline;  ///< of `scores`; last, unless asked for
  std::size_t shown = 0;                ///< columns to report on
  std::vector<Match> rows;              ///< where each row comes from
};

/// Throws UserError for a metric that is no column or without any value.
Joined collect(
    const tables::Table& scores,
    const tables::Table& truth,
    const std::vector<Match>& matches,
    const Selection& selection,
    const std::string& metric);

/// The rows of a subset alone.
Joined take(const Joined& from, const Subset& subset);

/// Some elements of a column, in the order of `rows`.
Column take(const Column& values, std::span<const std::size_t> rows);

/// A column's value at each joined row: a column of the scores or, where those
/// have none of that name, of the truth. Throws UserError where neither has.
Column column_of(
    const tables::Table& scores,
    const tables::Table& truth,
    const std::vector<Match>& rows,
    const std::string& name);

/// A column beside its truth as the statistics read it: missing scores at
/// minus infinity, or left out.
struct Prepared {
  Column scores;
  Column truth;
};

Prepared
prepare(const Column& scores, const Column& truth, statistics::Missing missing);

}  // namespace zcp::study
