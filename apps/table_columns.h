// Numbers of the architectures of a table of scores, wherever they stand: in
// the table itself, in --costs, or in the architectures' graphs.
#pragma once

#include <boost/program_options.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/budget.h"
#include "benchmarks/tables/table.h"

namespace zcp::apps {

/// Where to look.
struct ColumnSources {
  std::string scores;                ///< the file that the table was read from
  std::string costs;                 ///< a CSV; empty: none
  std::optional<std::string> space;  ///< --space; a store knows its own
  std::optional<std::string> task;   ///< --task, likewise
};

/// --space and --task, for scores that do not say of which space they are.
void add_space_of_scores_options(
    boost::program_options::options_description& options);

/// `costs` and the values of what add_space_of_scores_options() added.
ColumnSources parse_column_sources(
    const boost::program_options::variables_map& values,
    const std::string& scores,
    const std::string& costs);

/// One number an architecture of `table`, NaN where there is none: of the
/// table's column of that name, or of the one of --costs, or, for params, macs,
/// depth and features, of the architectures' graphs (of these alone, where a
/// task is asked for); else of the table's column of the proxy's other name.
/// Throws UserError where none of them has it, and
/// for an architecture that is none of the space.
std::vector<double> find_numbers(
    const tables::Table& table,
    const std::string& column,
    const ColumnSources& sources);

/// Which rows of `table` are within the budget; all, where it is empty. Budgets
/// on params, macs, depth and features are of the networks themselves, whatever
/// columns the tables have; where nothing says of which space they are, the
/// table's column of that name stands for them. Says in `note` how many rows
/// they are, and which of the two was taken where that may be unexpected.
std::vector<bool> rows_within(
    const Budget& budget,
    const tables::Table& table,
    const ColumnSources& sources,
    std::string& note);

/// The rows of `table` that `keep` has as true.
void keep_rows(const std::vector<bool>& keep, tables::Table& table);

}  // namespace zcp::apps
