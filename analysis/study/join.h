// Scores and truth brought together: the same architectures, row by row.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/study/subset.h"
#include "benchmarks/tables/table.h"

namespace zcp::study {

/// A number an architecture; NaN where there is none.
using Column = std::vector<double>;

/// The position of a column, if the table has it.
std::optional<std::size_t> find_column(
    const tables::Table& table,
    std::string_view name);

/// Throws UserError naming the field for which the table has left out a column
/// of that name, if it has.
void refuse_left_out(const tables::Table& table, std::string_view name);

/// The position of a column. Throws as refuse_left_out() does, and for any
/// other column that is not there UserError naming the table, the nearest
/// column and all of them; `what` says what the column is to be.
std::size_t require_column(
    const tables::Table& table,
    const std::string& name,
    std::string_view what);

/// Where the two tables have the same architecture.
struct MatchedRow {
  std::size_t score_row;
  std::size_t truth_row;
};

/// The architectures that are in both tables, in the order of the truth: those
/// of one name, and those whose names are one spec in two forms, such as
/// NASLib's tuple (see spec_names.h). Throws UserError when there are none.
std::vector<MatchedRow> join(
    const tables::Table& scores,
    const tables::Table& truth);

/// A column of the truth for each row of the scores, NaN where the truth has no
/// such architecture or no number of it.
Column truth_by_score(
    const tables::Table& scores,
    const tables::Table& truth,
    const std::vector<MatchedRow>& matches,
    std::size_t column);

/// Those of the matches that are in a population (see subset.h), of NASLib's
/// tuples too where the names of the two tables say what they mean. Throws as
/// population() does.
std::vector<MatchedRow> members_of(
    const std::string& population,
    const std::vector<MatchedRow>& matches,
    const tables::Table& scores,
    const tables::Table& truth);

/// The columns of the scores that take part in a study.
struct ChosenColumns {
  std::vector<std::size_t> columns;     ///< positions in the scores
  std::optional<std::size_t> baseline;  ///< position in `columns`
  /// How many of them are reported on, from the first; the baseline, where it
  /// was not asked for, is one more.
  std::size_t reported = 0;
};

/// The columns named by `proxies` (empty: all) and the baseline, if there is
/// such a column. Throws UserError for a name that is no column, for the
/// baseline only if it is required.
ChosenColumns choose_columns(
    const tables::Table& scores,
    const std::vector<std::string>& proxies,
    const std::string& baseline,
    bool baseline_required);

/// The chosen scores beside one metric, over the joined rows that have it.
struct JoinedMetric {
  std::string metric;
  std::vector<std::string> proxies;     ///< names of the chosen columns
  std::vector<Column> scores;           ///< [proxy][row], NaN: missing
  Column truth;                         ///< [row], without NaN
  std::optional<std::size_t> baseline;  ///< position in `scores`
  std::size_t reported = 0;             ///< as in ChosenColumns
  std::vector<MatchedRow> rows;         ///< where each row comes from
};

/// Throws UserError for a metric that is no column or without any value.
JoinedMetric join_metric(
    const tables::Table& scores,
    const tables::Table& truth,
    const std::vector<MatchedRow>& members,
    const ChosenColumns& chosen,
    const std::string& metric);

/// The rows of a subset alone.
JoinedMetric rows_of(const JoinedMetric& joined, const Subset& subset);

/// Some elements of a column, in the order of `rows`.
Column elements_at(const Column& values, std::span<const std::size_t> rows);

/// A column's value at each joined row: a column of the scores or, where those
/// have none of that name, of the truth. Throws UserError where neither has.
Column column_of(
    const tables::Table& scores,
    const tables::Table& truth,
    const std::vector<MatchedRow>& rows,
    const std::string& name);

}  // namespace zcp::study
