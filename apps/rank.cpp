#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iostream>
#include <optional>

#include "analysis/study/composite.h"
#include "analysis/study/join.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "apps/study_options.h"
#include "apps/study_tables.h"
#include "benchmarks/formats/csv.h"
#include "benchmarks/tables/table.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;

constexpr std::string_view kUsage =
    "zcp rank: architectures by a proxy or a composite, the best first\n"
    "\n"
    "Prints a CSV: rank, arch, score, ties. Equal scores share the first of\n"
    "their ranks; `ties` says how many do. Architectures without a score are\n"
    "left out.";

constexpr std::string_view kExample =
    "  zcp rank --scores scores.sqlite --by az_nas --top 10\n"
    "\n"
    "  rank,arch,score,ties\n"
    "  1,|nor_conv_3x3~0|+|nor_conv_3x3~0|...,-0.71093,1";

/// The column to rank by, computed where it is a composite.
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

/// Rows that have a score, the best first, equal ones in the table's order.
std::vector<std::size_t> best_first(const std::vector<double>& scores) {
  std::vector<std::size_t> order;
  for (std::size_t row = 0; row < scores.size(); ++row) {
    if (!std::isnan(scores[row])) order.push_back(row);
  }
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) {
    return scores[a] > scores[b];
  });
  return order;
}

void print_ranking(
    const tables::Table& table,
    const std::vector<double>& scores,
    std::size_t top) {
  const std::vector<std::size_t> order = best_first(scores);
  std::cout << "rank,arch,score,ties\n";
  std::size_t end = 0;  // of the group of equal scores
  std::size_t begin = 0;
  for (std::size_t at = 0; at < std::min(top, order.size()); ++at) {
    const double score = scores[order[at]];
    if (at == end) {
      begin = at;
      while (end < order.size() && scores[order[end]] == score) ++end;
    }
    std::string line = fmt::format("{},", begin + 1);
    formats::append_csv_field(line, table.arch[order[at]]);
    std::cout << fmt::format("{},{:.17g},{}\n", line, score, end - begin);
  }
}

/// What `zcp rank` was asked for.
struct RankOptions {
  std::string scores;              ///< a store or a CSV
  std::string key;                 ///< the column of a CSV to rank
  std::string by;                  ///< a column or a composite
  std::optional<std::size_t> top;  ///< only so many; else all
  bool quiet = false;
};

po::options_description make_options() {
  po::options_description options("Options");
  add_study_options(options, {"scores", "key"});
  auto add = options.add_options();
  add("by",
      po::value<std::string>()->required(),
      "a proxy of the scores; az_nas, vkdnw_agg, te_nas, vote; or "
      "NAME=log_rank(a,b,...), NAME=rank_sum(a,b,...)");
  add("top", po::value<std::int64_t>(), "only the best N (default: all)");
  return options;
}

RankOptions parse_rank_options(const po::variables_map& values) {
  RankOptions options;
  options.scores = required_option(values, "scores");
  options.key = values["key"].as<std::string>();
  options.by = values["by"].as<std::string>();
  options.quiet = values.count("quiet") != 0;
  if (values.count("top") == 0) return options;
  const auto top = values["top"].as<std::int64_t>();
  if (top < 1) throw UserError("--top {}: expected 1 or more", top);
  options.top = static_cast<std::size_t>(top);
  return options;
}

/// All columns: which of them a composite needs is not known yet.
tables::Table read_table(const RankOptions& options) {
  StudyRequest request;
  request.key_scores = options.key;
  return read_study_scores(options.scores, request);
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
  const std::vector<double> scores = scores_by(options.by, table);
  print_ranking(table, scores, options.top.value_or(scores.size()));
  const auto missing = std::count_if(
      scores.begin(), scores.end(), [](double s) { return std::isnan(s); });
  if (!options.quiet) {
    std::cerr << fmt::format(
        "ranked {} architectures, {} without a score left out\n",
        scores.size() - static_cast<std::size_t>(missing),
        missing);
  }
  return 0;
}

}  // namespace zcp::apps
