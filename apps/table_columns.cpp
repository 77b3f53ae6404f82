#include "apps/table_columns.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "analysis/store/open_store.h"
#include "analysis/store/score_store.h"
#include "analysis/study/composite.h"
#include "analysis/study/join.h"
#include "apps/command.h"
#include "apps/selection.h"
#include "apps/space_of_scores.h"
#include "benchmarks/formats/csv.h"
#include "common/error.h"
#include "common/parallel.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;
using Column = std::vector<double>;

int to_int(const store::Protocol& protocol, const std::string& field) {
  const auto found = protocol.find(field);
  return found == protocol.end() ? 0 : std::stoi(found->second);
}

/// What decides the graphs of the scores' architectures.
struct Networks {
  Selection selection;
  TaskOptions task;
};

[[noreturn]] void refuse_unknown_space(
    const std::string& column,
    const std::string& scores) {
  throw UserError(
      "{}: no column {}, and nothing says of which space its architectures "
      "are; expected --space, whose graphs have {}",
      scores,
      column,
      column);
}

/// What a store says of its networks: its task's number of classes and
/// resolution belong to that task alone.
void add_protocol(const ColumnSources& sources, Networks& networks) {
  const store::Protocol protocol =
      store::ScoreStore::read(sources.scores).protocol();
  const std::string& task = protocol.at("task");
  if (!sources.task || *sources.task == task) {
    networks.task.name = task;
    networks.task.classes = to_int(protocol, "classes");
    networks.task.resolution = to_int(protocol, "resolution");
  }
  networks.selection.skeleton.channels = to_int(protocol, "channels");
  networks.selection.skeleton.cells_per_stage = to_int(protocol, "cells");
}

/// As the options say, else as the store's protocol does; none where nothing
/// says of which space the architectures are.
std::optional<Networks> networks_of(const ColumnSources& sources) {
  Networks networks;
  networks.selection.kept =
      open_space_of_scores(sources.scores, sources.space.value_or(""));
  if (!networks.selection.kept) return {};
  networks.selection.space = networks.selection.kept.get();
  networks.task.name = sources.task.value_or("cifar10");
  networks.task.transform = "normalise";
  if (store::is_sqlite_file(sources.scores)) add_protocol(sources, networks);
  return networks;
}

Column sizes_of_graphs(
    const tables::Table& table,
    const std::string& column,
    const Networks& networks) {
  const spaces::Space& space = *networks.selection.space;
  const TaskChoice task = choose_task(networks.task, false, 0);
  const auto graphs = graphs_of(networks.selection, task);
  const std::vector<std::string> specs = specs_of(table, space);
  Column sizes(table.arch.size());
  parallel_for(sizes.size(), [&](std::size_t row) {
    sizes[row] = size_value(
        graph::sizes_of(graphs->build(specs[row], graph::Folding::functional)),
        column);
  });
  return sizes;
}

/// A column of --costs; none where it has no such column.
std::optional<Column> column_of_costs(
    const tables::Table& table,
    const std::string& column,
    const std::string& costs) {
  if (costs.empty()) return {};
  const std::string text = formats::read_text(costs);
  const std::string source = formats::source_name(costs);
  const auto header =
      tables::column_names(text, source, std::vector<std::string>{"arch"});
  if (std::ranges::find(header, column) == header.end()) return {};
  const tables::Table known =
      tables::parse_table(text, source, std::vector<std::string>{column});
  return study::truth_by_score(table, known, study::join(table, known), 0);
}

/// A table's numbers of that name may be of another task or unit than the
/// networks'.
bool differs_from_column(
    const tables::Table& table,
    const std::string& name,
    const Column& own) {
  const auto column = study::find_column(table, name);
  if (!column) return false;
  const Column& values = table.values[*column];
  for (std::size_t row = 0; row < own.size(); ++row) {
    if (!std::isnan(values[row]) && values[row] != own[row]) return true;
  }
  return false;
}

/// What zcp itself counted of a store's networks, which may be of a task whose
/// data are not at hand. None where some architecture has no such score, or
/// another task or space is spoken of.
std::optional<Column> column_of_store(
    const tables::Table& table,
    const std::string& column,
    const ColumnSources& sources) {
  if (sources.space || sources.task || !store::is_sqlite_file(sources.scores)) {
    return {};
  }
  const auto found = study::find_column(table, column);
  if (!found) return {};
  const Column& values = table.values[*found];
  const auto missing = [](double value) { return std::isnan(value); };
  if (std::ranges::any_of(values, missing)) return {};
  return values;
}

/// What a budget is on: params, macs, depth and features of the networks
/// themselves, as `zcp score` and `zcp search` have them, or a column of
/// --costs. Where no space is known a column of the table stands for the
/// networks' own. `remark` says what a reader may not expect.
Column limited_numbers(
    const tables::Table& table,
    const std::string& column,
    const ColumnSources& sources,
    std::string& remark) {
  if (!is_size(column)) {
    auto costs = column_of_costs(table, column, sources.costs);
    return costs ? *costs : find_numbers(table, column, sources);
  }
  if (auto stored = column_of_store(table, column, sources)) return *stored;
  if (const auto networks = networks_of(sources)) {
    Column own = sizes_of_graphs(table, column, *networks);
    if (differs_from_column(table, column, own)) {
      remark = fmt::format(
          " (of the networks for {}; the column {} of {} has other numbers)",
          networks->task.name,
          column,
          table.source);
    }
    return own;
  }
  const auto found = study::find_column(table, column);
  if (!found) refuse_unknown_space(column, sources.scores);
  remark = fmt::format(" (the column of {})", table.source);
  return table.values[*found];
}

}  // namespace

void add_space_of_scores_options(po::options_description& options) {
  options.add_options()(
      "space",
      po::value<std::string>(),
      "the space of the architectures, whose networks params, macs, depth and "
      "features are of (a store knows its space, unless a file describes it)")(
      "task",
      po::value<std::string>(),
      "the task whose networks params, macs, depth and features are of "
      "(default: the store's, else cifar10)");
}

ColumnSources parse_column_sources(
    const po::variables_map& values,
    const std::string& scores,
    const std::string& costs) {
  return {
      scores,
      costs,
      optional_value<std::string>(values, "space"),
      optional_value<std::string>(values, "task")};
}

Column find_numbers(
    const tables::Table& table,
    const std::string& column,
    const ColumnSources& sources) {
  if (is_size(column) && (sources.space || sources.task)) {
    // A space that is not the scores' is refused, whether it is needed or not;
    // of another task the table's column says nothing.
    const auto networks = networks_of(sources);
    if (networks && sources.task) {
      return sizes_of_graphs(table, column, *networks);
    }
  }
  if (const auto found = study::find_column(table, column)) {
    return table.values[*found];
  }
  if (auto costs = column_of_costs(table, column, sources.costs)) return *costs;
  if (is_size(column)) {
    const auto networks = networks_of(sources);
    if (!networks) refuse_unknown_space(column, sources.scores);
    return sizes_of_graphs(table, column, *networks);
  }
  if (const auto found = study::find_column(table, study::other_name(column))) {
    return table.values[*found];
  }
  study::refuse_left_out(table, column);
  const std::string near = nearest_name(column, table.columns);
  throw UserError(
      "{}: no column {}{} (columns: {}; --costs F has others)",
      table.source,
      column,
      near.empty() ? "" : ", did you mean " + near + "?",
      fmt::join(table.columns, ", "));
}

std::vector<bool> rows_within(
    const Budget& budget,
    const tables::Table& table,
    const ColumnSources& sources,
    std::string& note) {
  std::vector<bool> within(table.arch.size(), true);
  if (budget.empty()) return within;
  std::vector<std::string> texts;
  for (const Bound& bound : budget.bounds) {
    std::string remark;
    const Column values = limited_numbers(table, bound.column, sources, remark);
    for (std::size_t row = 0; row < within.size(); ++row) {
      within[row] = within[row] && bound.holds(values[row]);
    }
    texts.push_back(bound.text() + remark);
  }
  note = fmt::format(
      "{} of {} architectures are within {}",
      std::ranges::count(within, true),
      within.size(),
      fmt::join(texts, " "));
  return within;
}

void keep_rows(const std::vector<bool>& keep, tables::Table& table) {
  std::size_t kept = 0;
  for (std::size_t row = 0; row < keep.size(); ++row) {
    if (!keep[row]) continue;
    // A string that is moved into itself is lost.
    if (kept != row) table.arch[kept] = std::move(table.arch[row]);
    for (auto& values : table.values) values[kept] = values[row];
    ++kept;
  }
  table.arch.resize(kept);
  for (auto& values : table.values) values.resize(kept);
}

}  // namespace zcp::apps
