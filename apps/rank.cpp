#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iostream>

#include "analysis/store/score_store.h"
#include "analysis/study/composite.h"
#include "apps/command.h"
#include "apps/commands.h"
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
  const auto& columns = table.columns;
  const auto found = std::find(columns.begin(), columns.end(), by);
  if (found != columns.end()) {
    return table.values[static_cast<std::size_t>(found - columns.begin())];
  }
  if (study::is_composite(by)) {
    return study::composite_scores(study::parse_composite(by), table);
  }
  const std::string near = nearest_name(by, columns);
  throw UserError(
      "{}: no column or composite {}{} (columns: {})",
      table.source,
      by,
      near.empty() ? "" : ", did you mean " + near + "?",
      fmt::join(columns, ", "));
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

/// Quoted where it has a comma or a quote, as CSV wants it.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
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
    std::cout << fmt::format(
        "{},{},{:.17g},{}\n",
        begin + 1,
        csv_field(table.arch[order[at]]),
        score,
        end - begin);
  }
}

std::size_t top_option(const po::variables_map& values, std::size_t all) {
  if (values.count("top") == 0) return all;
  const auto top = values["top"].as<std::int64_t>();
  if (top < 1) throw UserError("--top {}: expected 1 or more", top);
  return static_cast<std::size_t>(top);
}

}  // namespace

int rank(const Arguments& arguments) {
  po::options_description options("Options");
  auto add = options.add_options();
  add("scores",
      po::value<std::string>()->required(),
      "the scores: a store, or a CSV with a column arch (-: standard input)");
  add("by",
      po::value<std::string>()->required(),
      "a proxy of the scores; az_nas, vkdnw_agg, te_nas, vote; or "
      "NAME=log_rank(a,b,...), NAME=rank_sum(a,b,...)");
  add("top", po::value<std::int64_t>(), "only the best N (default: all)");
  po::variables_map values;
  if (!parse_options(arguments, kUsage, kExample, options, values)) return 0;
  const tables::Table table =
      store::read_scores(values["scores"].as<std::string>());
  const std::size_t top = top_option(values, table.arch.size());
  const std::vector<double> scores =
      scores_by(values["by"].as<std::string>(), table);
  print_ranking(table, scores, top);
  const auto missing = std::count_if(
      scores.begin(), scores.end(), [](double s) { return std::isnan(s); });
  if (values.count("quiet") == 0) {
    std::cerr << fmt::format(
        "ranked {} architectures, {} without a score left out\n",
        scores.size() - static_cast<std::size_t>(missing),
        missing);
  }
  return 0;
}

}  // namespace zcp::apps
