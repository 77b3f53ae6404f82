#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iostream>
#include <optional>

#include "analysis/study/join.h"
#include "apps/budget.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "apps/ranking.h"
#include "apps/study_options.h"
#include "apps/study_tables.h"
#include "apps/table_columns.h"
#include "apps/terminal.h"
#include "apps/text_table.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;
using Text = std::string;
using Column = std::vector<double>;

constexpr std::string_view kUsage =
    "zcp rank: architectures by a proxy or a composite, the best first\n"
    "\n"
    "Prints a CSV: rank, arch, score, ties, then the columns of --metric and\n"
    "--cost. Equal scores share the first of their ranks; `ties` says how "
    "many\n"
    "do. Architectures without a score are left out. The pool of a composite\n"
    "is every architecture of the scores; --max and --min choose which of\n"
    "them are ranked.";

constexpr std::string_view kExample =
    "  zcp rank --scores scores.sqlite --by az_nas --max macs=100e6 --top 10\n"
    "\n"
    "  rank,arch,score,ties\n"
    "  1,|nor_conv_3x3~0|+|nor_conv_3x3~0|...,-0.71093,1";

/// How many of the best: a number of them, or a share of those that are ranked.
struct Top {
  std::optional<std::size_t> count;
  std::optional<double> share;

  std::size_t of(std::size_t ranked) const {
    if (count) return *count;
    if (!share) return ranked;
    const double some = std::ceil(*share * static_cast<double>(ranked) - 1e-9);
    return std::max<std::size_t>(1, static_cast<std::size_t>(some));
  }
};

/// What `zcp rank` was asked for.
struct RankOptions {
  Text scores;              ///< a store or a CSV
  Text key_scores;          ///< the column that names architectures
  Text by;                  ///< a column or a composite
  Top top;                  ///< only so many; else all
  StudyRequest truth;       ///< its table and metrics, if any
  std::vector<Text> costs;  ///< columns to show
  Budget budget;
  bool drop_dead = false;  ///< see dead.h
  ColumnSources sources;
  TableFormat format = TableFormat::csv;
  bool quiet = false;
};

/// A column that is shown behind the score; a value a row of the scores.
struct Shown {
  Text name;
  Column values;
};

po::options_description make_options() {
  po::options_description options("Options");
  add_study_options(
      options,
      {"scores",
       "truth",
       "metric",
       "key",
       "key-scores",
       "key-truth",
       "drop-dead"});
  auto add = options.add_options();
  add("by",
      po::value<Text>()->required()->value_name("PROXY"),
      "the proxy to rank by, or a sum of ranks of several: az_nas, vkdnw_agg, "
      "te_nas, vote, NAME=log_rank(a,b,...) or NAME=rank_sum(a,b,...)");
  add("top",
      po::value<Text>()->value_name("N|P%"),
      "only the best N, or the best P % (default: all)");
  add("cost",
      po::value<Text>()->value_name("LIST"),
      "columns to show beside the score: of the scores, of --costs, or params, "
      "macs, depth, features");
  add_budget_options(options);
  add_space_of_scores_options(options);
  add_format_option(options, "csv");
  return options;
}

Top parse_top(const po::variables_map& values) {
  Top top;
  const auto text = text_option(values, "top");
  if (!text) return top;
  const bool is_share = text->ends_with('%');
  const auto number =
      parse_number(is_share ? text->substr(0, text->size() - 1) : *text);
  if (is_share && number && *number > 0 && *number <= 100) {
    top.share = *number / 100;
    return top;
  }
  constexpr double kMost = 1e9;
  if (!is_share && number && *number >= 1 && *number <= kMost &&
      *number == std::floor(*number)) {
    top.count = static_cast<std::size_t>(*number);
    return top;
  }
  throw UserError(
      "--top {}: expected a whole number of 1 or more, or a share such as 20%",
      *text);
}

/// The table of truth that columns are shown of; none without --metric.
StudyRequest parse_truth(const po::variables_map& values) {
  StudyRequest truth;
  truth.key = values["key"].as<Text>();
  truth.key_truth = text_option(values, "key-truth").value_or(truth.key);
  set_metrics(all_texts(values, "metric"), truth);
  const auto path = text_option(values, "truth");
  if (path && truth.study.metrics.empty()) {
    throw UserError("--truth {}: goes with --metric, its columns", *path);
  }
  if (!path && !truth.study.metrics.empty()) {
    throw UserError(
        "--metric {}: goes with --truth, the table that has it",
        truth.study.metrics.front());
  }
  truth.truth = path.value_or("");
  return truth;
}

RankOptions parse_rank_options(const po::variables_map& values) {
  RankOptions options;
  options.scores = required_option(values, "scores");
  options.truth = parse_truth(values);
  options.key_scores =
      text_option(values, "key-scores").value_or(options.truth.key);
  options.by = values["by"].as<Text>();
  options.top = parse_top(values);
  options.costs = list_option(values, "cost");
  const Text costs = text_option(values, "costs").value_or("");
  // --costs may be there for --cost alone.
  const bool limits = values.count("max") + values.count("min") > 0;
  if (limits || options.costs.empty()) options.budget = parse_budget(values);
  options.sources = parse_column_sources(values, options.scores, costs);
  refuse_standard_input_twice(
      {{"scores", options.scores},
       {"truth", options.truth.truth},
       {"costs", costs}});
  options.format = parse_format(values);
  options.drop_dead = values.count("drop-dead") != 0;
  options.quiet = values.count("quiet") != 0;
  return options;
}

/// All columns: which of them a composite needs is not known yet.
tables::Table read_table(const RankOptions& options) {
  StudyRequest request;
  request.key_scores = options.key_scores;
  request.drop_dead = options.drop_dead;
  request.space = options.sources.space.value_or("");
  request.truth = options.truth.truth;
  request.key_truth = options.truth.key_truth;
  return read_study_scores(options.scores, request);
}

/// The metrics of the truth, by row of the scores.
std::vector<Shown> truth_columns(
    const RankOptions& options,
    const tables::Table& scores) {
  std::vector<Shown> shown;
  if (options.truth.truth.empty()) return shown;
  const std::vector<Text>& metrics = options.truth.study.metrics;
  const tables::Table truth = read_study_truth(
      options.truth, [&](const std::vector<Text>&) { return metrics; });
  const auto matches = study::join(scores, truth);
  for (const Text& metric : metrics) {
    const std::size_t column = study::require_column(truth, metric, "metric");
    shown.push_back(
        {metric, study::truth_by_score(scores, truth, matches, column)});
  }
  return shown;
}

/// Rows that have a score, the best first, equal ones in the table's order.
std::vector<std::size_t> best_first(const Column& scores) {
  std::vector<std::size_t> order;
  for (std::size_t row = 0; row < scores.size(); ++row) {
    if (!std::isnan(scores[row])) order.push_back(row);
  }
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) {
    return scores[a] > scores[b];
  });
  return order;
}

/// A number of a file with all its digits, of a table to read with six.
Text number_text(double value, TableFormat format) {
  const bool exact = format == TableFormat::csv || format == TableFormat::json;
  if (std::isnan(value)) return "-";
  return exact ? fmt::format("{:.17g}", value) : plain_number(value);
}

std::vector<Cells> ranking(
    const RankOptions& options,
    const tables::Table& table,
    const Column& scores,
    const std::vector<Shown>& shown) {
  const std::vector<std::size_t> order = best_first(scores);
  std::vector<Cells> lines{{"rank", "arch", "score", "ties"}};
  for (const Shown& column : shown) lines.front().push_back(column.name);
  std::size_t end = 0;  // of the group of equal scores
  std::size_t begin = 0;
  const std::size_t most = std::min(options.top.of(order.size()), order.size());
  for (std::size_t at = 0; at < most; ++at) {
    const std::size_t row = order[at];
    if (at == end) {
      begin = at;
      while (end < order.size() && scores[order[end]] == scores[row]) ++end;
    }
    Cells cells{
        fmt::format("{}", begin + 1),
        table.arch[row],
        number_text(scores[row], options.format),
        fmt::format("{}", end - begin)};
    for (const Shown& column : shown) {
      cells.push_back(number_text(column.values[row], options.format));
    }
    lines.push_back(std::move(cells));
  }
  return lines;
}

/// Takes the scores of architectures beyond the budget away. Returns how many
/// are left.
std::size_t apply_budget(
    const RankOptions& options,
    const tables::Table& table,
    Column& scores) {
  Text note;
  const std::vector<bool> within =
      rows_within(options.budget, table, options.sources, note);
  if (!note.empty() && !options.quiet) std::cerr << "zcp: " << note << "\n";
  std::size_t left = 0;
  for (std::size_t row = 0; row < scores.size(); ++row) {
    if (!within[row]) scores[row] = std::nan("");
    left += within[row] ? 1 : 0;
  }
  return left;
}

}  // namespace

int rank(const Arguments& arguments) {
  po::options_description description = make_options();
  po::variables_map values;
  if (!parse_options(arguments, kUsage, kExample, description, values)) {
    return 0;
  }
  const RankOptions options = parse_rank_options(values);
  const tables::Table table = read_table(options);
  if (!options.quiet) print_notes(table.notes);
  Column scores = scores_by(options.by, table);
  std::vector<Shown> shown = truth_columns(options, table);
  for (const Text& cost : options.costs) {
    shown.push_back({cost, find_numbers(table, cost, options.sources)});
  }
  const std::size_t within = apply_budget(options, table, scores);
  const std::vector<Cells> lines = ranking(options, table, scores, shown);
  TableWriter(std::cout, options.format, has_colours()).table(lines, 2, 0);
  const auto scored = static_cast<std::size_t>(std::count_if(
      scores.begin(), scores.end(), [](double s) { return !std::isnan(s); }));
  if (!options.quiet) {
    std::cerr << fmt::format(
        "ranked {} architectures, {} without a score left out\n",
        scored,
        within - scored);
  }
  return 0;
}

}  // namespace zcp::apps
