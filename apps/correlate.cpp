#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iostream>

#include "analysis/atomic_file.h"
#include "analysis/composite.h"
#include "analysis/figure.h"
#include "analysis/joined.h"
#include "analysis/score_store.h"
#include "analysis/study.h"
#include "analysis/subset.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "apps/correlate_result.h"
#include "apps/text_table.h"
#include "benchmarks/csv.h"
#include "benchmarks/table.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;
using Text = std::string;

constexpr std::string_view kUsage =
    "zcp correlate: how well do scores predict the truth, and do they beat a "
    "baseline?\n"
    "\n"
    "Joins scores and truth on the column arch and prints Kendall's tau-b,\n"
    "Spearman's rho and Pearson's r of each proxy with each metric, with 95 %\n"
    "intervals from a paired bootstrap, and the difference of tau to the\n"
    "baseline's.";

constexpr std::string_view kExample =
    "  zcp correlate --scores scores.sqlite --truth truth.csv \\\n"
    "      --metric cifar10_test --top 0.1 --composites az_nas\n"
    "\n"
    "prints a table for each metric and subset:\n"
    "\n"
    "  cifar10_test, all: n = 500\n"
    "    proxy   missing                tau  ...         tau - params  p "
    "(Holm)\n"
    "    naswot        8  .616 [.575, .653]  ...   .032 [-.010, .073]      "
    ".276\n"
    "    params        0  .584 [.547, .621]  ...    .000 [.000, .000]         "
    "-\n"
    "\n"
    "A proxy beats the baseline where the interval of the difference lies\n"
    "above zero; p (Holm) is corrected for the number of proxies tried.";

po::options_description make_options() {
  po::options_description options("Options");
  auto add = options.add_options();
  add("scores",
      po::value<Text>(),
      "the scores: a store, or a CSV with a column arch (-: standard input)");
  add("truth", po::value<Text>(), "the truth: a CSV with a column arch");
  add("metric", po::value<Text>(), "columns of the truth, separated by commas");
  add("proxies",
      po::value<Text>(),
      "columns of the scores to report on (default: all)");
  add("composites",
      po::value<Text>(),
      "also: az_nas, vkdnw_agg, te_nas, vote, NAME=log_rank(a,b,...) or "
      "NAME=rank_sum(a,b,...)");
  add("baseline",
      po::value<Text>()->default_value("params"),
      "the proxy to beat");
  add("top",
      po::value<Text>(),
      "also within these shares of the best by truth, such as 0.5,0.1");
  add("bins",
      po::value<std::vector<Text>>()->composing(),
      "also within quantile bins of a column of the scores or the truth: "
      "COLUMN:COUNT, such as params:4; may be repeated");
  add("range",
      po::value<std::vector<Text>>()->composing(),
      "also within a range of such a column: COLUMN=LOW:HIGH, such as "
      "params=1e5:5e5, either end may be left out; may be repeated");
  add("population",
      po::value<Text>()->default_value("all"),
      "all, or of NATS-TSS: connected, filtered, functions");
  add("missing",
      po::value<Text>()->default_value("last"),
      "an architecture without a score ranks last, or drop it");
  add("bootstrap",
      po::value<std::int64_t>()->default_value(1000),
      "draws for the intervals (0: no intervals)");
  add("interval",
      po::value<Text>()->default_value("percentile"),
      "percentile or bca");
  add("seed",
      po::value<std::int64_t>()->default_value(0),
      "seed of the bootstrap");
  add("criteria",
      "also nDCG, precision, best rank and regret of the best-scored");
  add("differences", "also the paired difference of tau of every two proxies");
  add("ceiling",
      po::value<Text>(),
      "columns of the truth that are runs of the metrics with other seeds "
      "(default: METRIC_seedN, if there are any)");
  add("published",
      po::value<Text>(),
      "also beside a paper's numbers: ID or ID@SPACE (list: the IDs there "
      "are)");
  add("json", "a JSON array instead of tables");
  add("figure", po::value<Text>(), "also a forest plot of tau (SVG)");
  return options;
}

/// One of `known`, by its position.
std::size_t choice(
    const po::variables_map& values,
    const std::string& option,
    const std::vector<std::string>& known) {
  const auto value = values[option].as<Text>();
  const auto found = std::find(known.begin(), known.end(), value);
  if (found != known.end()) {
    return static_cast<std::size_t>(found - known.begin());
  }
  throw UserError(
      "--{} {}: expected {}", option, value, fmt::join(known, " or "));
}

double parse_share(const std::string& text) {
  std::size_t used = 0;
  double share = 0;
  try {
    share = std::stod(text, &used);
  } catch (const std::logic_error&) {
    used = 0;
  }
  if (used == 0 || used != text.size() || !(share > 0 && share <= 1)) {
    throw UserError("--top {}: expected shares above 0, at most 1", text);
  }
  return share;
}

std::vector<std::string> list_option(
    const po::variables_map& values,
    const std::string& option) {
  if (values.count(option) == 0) return {};
  std::vector<std::string> list = split_list(values[option].as<Text>());
  if (list.empty()) throw UserError("--{}: expected a name", option);
  return list;
}

std::vector<Text> repeated(
    const po::variables_map& values,
    const std::string& option) {
  if (values.count(option) == 0) return {};
  return values[option].as<std::vector<Text>>();
}

/// The value of an option that is needed unless a list was asked for.
Text required(const po::variables_map& values, const std::string& option) {
  if (values.count(option) != 0) return values[option].as<Text>();
  throw UserError(
      "the option '--{}' is required but missing (--help lists the options)",
      option);
}

analysis::StudyOptions study_options(const po::variables_map& values) {
  using analysis::IntervalMethod;
  using analysis::Missing;
  analysis::StudyOptions options;
  required(values, "metric");
  options.metrics = list_option(values, "metric");
  options.proxies = list_option(values, "proxies");
  options.baseline = values["baseline"].as<Text>();
  options.baseline_required = !values["baseline"].defaulted();
  options.population = values["population"].as<Text>();
  for (const std::string& share : list_option(values, "top")) {
    options.top.push_back(parse_share(share));
  }
  const bool last = choice(values, "missing", {"last", "drop"}) == 0;
  options.missing = last ? Missing::last : Missing::drop;
  const bool plain = choice(values, "interval", {"percentile", "bca"}) == 0;
  options.interval = plain ? IntervalMethod::percentile : IntervalMethod::bca;
  const auto draws = values["bootstrap"].as<std::int64_t>();
  if (draws < 0) throw UserError("--bootstrap {}: expected 0 or more", draws);
  options.draws = static_cast<std::size_t>(draws);
  options.seed = non_negative(values, "seed");
  for (const Text& text : repeated(values, "bins")) {
    options.bins.push_back(analysis::parse_bins(text));
  }
  for (const Text& text : repeated(values, "range")) {
    options.ranges.push_back(analysis::parse_range(text));
  }
  options.ceiling = list_option(values, "ceiling");
  if (options.ceiling.size() == 1) {
    throw UserError(
        "--ceiling {}: expected two columns or more", options.ceiling[0]);
  }
  options.differences = values.count("differences") != 0;
  options.criteria = values.count("criteria") != 0;
  choice(values, "population", analysis::population_names());
  return options;
}

std::vector<analysis::Composite> composites(const po::variables_map& values) {
  std::vector<analysis::Composite> parsed;
  if (values.count("composites") == 0) return parsed;
  for (const std::string& text :
       analysis::split_composites(values["composites"].as<Text>())) {
    parsed.push_back(analysis::parse_composite(text));
  }
  return parsed;
}

/// The published tables there are, with the spaces of each.
void list_published() {
  for (const analysis::PublishedTable& table : analysis::published_tables()) {
    std::cout << fmt::format("{}: {}\n", table.id, table.title);
    print_wrapped(
        fmt::format(
            "{} numbers on {}; {}",
            table.values.size(),
            fmt::join(table.spaces(), ", "),
            table.truth),
        2);
  }
}

void add_published(
    const po::variables_map& values,
    const benchmarks::Table& truth,
    CorrelateResult& result) {
  if (values.count("published") == 0) return;
  result.published = analysis::choose_published(
      values["published"].as<Text>(), truth.arch.front());
  result.published_rows = analysis::compare_published(
      *result.published, result.study.rows, result.options.population);
}

/// The truth's columns that the options speak of: the metrics, their single
/// runs, and those that subsets are made of and the scores do not have.
std::vector<Text> truth_columns(
    const std::vector<Text>& header,
    const benchmarks::Table& scores,
    const analysis::StudyOptions& options) {
  std::vector<Text> wanted = options.metrics;
  const auto want = [&](const Text& name) {
    if (std::find(wanted.begin(), wanted.end(), name) == wanted.end()) {
      wanted.push_back(name);
    }
  };
  for (const Text& metric : options.metrics) {
    for (const Text& run : analysis::seed_columns(header, metric)) want(run);
  }
  for (const Text& run : options.ceiling) want(run);
  for (const analysis::Bins& bins : options.bins) {
    if (!analysis::find_column(scores, bins.column)) want(bins.column);
  }
  for (const analysis::Range& range : options.ranges) {
    if (!analysis::find_column(scores, range.column)) want(range.column);
  }
  return wanted;
}

benchmarks::Table read_truth(
    const Text& path,
    const benchmarks::Table& scores,
    const analysis::StudyOptions& options) {
  const Text text = benchmarks::read_text(path);
  const Text source = benchmarks::source_name(path);
  const std::vector<Text> header = benchmarks::column_names(text, source);
  return benchmarks::parse_table(
      text, source, truth_columns(header, scores, options));
}

/// Reads the tables and does what the options ask for.
CorrelateResult run(const po::variables_map& values) {
  CorrelateResult result;
  result.options = study_options(values);
  const std::vector<analysis::Composite> made = composites(values);
  benchmarks::Table scores = analysis::read_scores(required(values, "scores"));
  analysis::add_composites(made, scores);
  const benchmarks::Table truth =
      read_truth(required(values, "truth"), scores, result.options);
  if (!result.options.proxies.empty()) {
    for (const analysis::Composite& composite : made) {
      result.options.proxies.push_back(composite.name);
    }
  }
  result.study = analysis::run_study(scores, truth, result.options);
  add_published(values, truth, result);
  return result;
}

}  // namespace

int correlate(const Arguments& arguments) {
  po::options_description options = make_options();
  po::variables_map values;
  if (!parse_options(arguments, kUsage, kExample, options, values)) return 0;
  if (values.count("published") != 0 &&
      values["published"].as<Text>() == "list") {
    list_published();
    return 0;
  }
  const CorrelateResult result = run(values);
  if (values.count("quiet") == 0) print_summary(result.study, result.options);
  if (values.count("json") != 0) {
    print_json(result);
  } else {
    print_text(result);
  }
  if (values.count("figure") != 0) {
    analysis::write_output(values["figure"].as<Text>(), [&](std::ostream& out) {
      analysis::write_forest_plot(
          out, result.study.rows, result.options.baseline);
    });
  }
  return 0;
}

}  // namespace zcp::apps
