#include "analysis/statistics/pareto.h"

#include <fmt/format.h>

#include <cmath>
#include <iostream>
#include <optional>

#include "analysis/report/figures.h"
#include "apps/budget.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "apps/ranking.h"
#include "apps/study_options.h"
#include "apps/study_tables.h"
#include "apps/table_columns.h"
#include "apps/terminal.h"
#include "apps/text_table.h"
#include "common/destination.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;
using Text = std::string;
using Column = std::vector<double>;

constexpr std::string_view kUsage =
    "zcp pareto: the architectures that no other beats in score and in cost\n"
    "\n"
    "An architecture is on the front when no other one has a score as good at\n"
    "a cost as low and is better in one of the two. Prints a CSV of the front\n"
    "by ascending cost: arch, the cost, the score. Architectures without a\n"
    "score or a cost are on no front. No trained accuracy is needed: zcp\n"
    "correlate --cost says what such a choice loses.";

constexpr std::string_view kExample =
    "  zcp pareto --scores scores.sqlite --cost macs --by az_nas \\\n"
    "      --figure front.svg\n"
    "\n"
    "  arch,macs,az_nas\n"
    "  |none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|,7784704,-9.31";

struct ParetoOptions {
  Text scores;  ///< a store or a CSV
  Text key;
  Text by;    ///< a column or a composite
  Text cost;  ///< a column; lower is better
  Budget budget;
  bool drop_dead = false;  ///< see dead.h
  ColumnSources sources;
  Text csv;
  std::optional<Text> figure;
  TableFormat format = TableFormat::csv;
  bool quiet = false;
};

po::options_description make_options() {
  po::options_description options("Options");
  add_study_options(options, {"scores", "key", "drop-dead"});
  auto add = options.add_options();
  add("by",
      po::value<Text>()->required()->value_name("PROXY"),
      "the proxy to rank by, or a sum of ranks of several: az_nas, vkdnw_agg, "
      "te_nas, vote, NAME=log_rank(a,b,...) or NAME=rank_sum(a,b,...)");
  add("cost",
      po::value<Text>()->required(),
      "the cost, lower is better: a column of the scores or of --costs, or "
      "params, macs, depth, features of the architectures");
  add_budget_options(options);
  add_space_of_scores_options(options);
  add("csv",
      po::value<Text>()->default_value("-"),
      "the file for the front (-: standard output)");
  add("figure",
      po::value<Text>(),
      "also draw all architectures and the front (SVG)");
  add_format_option(options, "csv");
  return options;
}

ParetoOptions parse_pareto_options(const po::variables_map& values) {
  ParetoOptions options;
  options.scores = required_option(values, "scores");
  options.key = values["key"].as<Text>();
  options.by = values["by"].as<Text>();
  options.cost = values["cost"].as<Text>();
  const Text costs = text_option(values, "costs").value_or("");
  // --costs may be there for --cost alone.
  const bool limits = values.count("max") + values.count("min") > 0;
  if (limits) options.budget = parse_budget(values);
  options.sources = parse_column_sources(values, options.scores, costs);
  refuse_standard_input_twice({{"scores", options.scores}, {"costs", costs}});
  options.csv = values["csv"].as<Text>();
  options.figure = text_option(values, "figure");
  options.format = parse_format(values);
  options.drop_dead = values.count("drop-dead") != 0;
  options.quiet = values.count("quiet") != 0;
  return options;
}

std::vector<Text> outputs_of(const ParetoOptions& options) {
  std::vector<Text> outputs{options.csv};
  if (options.figure) outputs.push_back(*options.figure);
  return outputs;
}

tables::Table read_table(const ParetoOptions& options) {
  StudyRequest request;
  request.key_scores = options.key;
  request.drop_dead = options.drop_dead;
  request.space = options.sources.space.value_or("");
  return read_study_scores(options.scores, request);
}

std::vector<Cells> front_lines(
    const ParetoOptions& options,
    const tables::Table& table,
    const report::Front& front) {
  const bool exact =
      options.format == TableFormat::csv || options.format == TableFormat::json;
  const auto text = [&](double value) {
    return exact ? fmt::format("{:.17g}", value) : plain_number(value);
  };
  std::vector<Cells> lines{{"arch", options.cost, options.by}};
  for (const std::size_t row : front.rows) {
    lines.push_back(
        {table.arch[row], text(front.costs[row]), text(front.values[row])});
  }
  return lines;
}

}  // namespace

int pareto(const Arguments& arguments) {
  po::options_description description = make_options();
  po::variables_map values;
  if (!parse_options(arguments, kUsage, kExample, description, values)) {
    return 0;
  }
  const ParetoOptions options = parse_pareto_options(values);
  check_destinations(
      outputs_of(options),
      std::vector<Text>{options.scores, options.sources.costs});
  tables::Table table = read_table(options);
  if (!options.quiet) print_notes(table.notes);
  report::Front front;
  front.name = options.by;
  front.cost = options.cost;
  front.values = scores_by(options.by, table);
  front.costs = find_numbers(table, options.cost, options.sources);
  Text note;
  const std::vector<bool> within =
      rows_within(options.budget, table, options.sources, note);
  std::size_t known = 0;
  for (std::size_t row = 0; row < within.size(); ++row) {
    if (!within[row]) front.values[row] = std::nan("");
    known +=
        std::isnan(front.values[row]) || std::isnan(front.costs[row]) ? 0 : 1;
  }
  if (known == 0) {
    throw UserError(
        "{}: no architecture has both a score {} and a cost {}{}",
        table.source,
        options.by,
        options.cost,
        note.empty() ? "" : " (" + note + ")");
  }
  front.rows = statistics::pareto_front(
      front.values, front.costs, statistics::Twins::all);
  write_output(options.csv, [&](std::ostream& out) {
    TableWriter(out, options.format, options.csv == "-" && has_colours())
        .table(front_lines(options, table, front), 1, 0);
  });
  if (options.figure) {
    write_output(*options.figure, [&](std::ostream& out) {
      report::write_front_figure(out, front);
    });
  }
  if (options.quiet) return 0;
  if (!note.empty()) std::cerr << "zcp: " << note << "\n";
  std::cerr << fmt::format(
      "zcp: {} of {} architectures are on the front\n",
      front.rows.size(),
      known);
  return 0;
}

}  // namespace zcp::apps
