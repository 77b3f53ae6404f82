#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iostream>
#include <nlohmann/json.hpp>

#include "analysis/atomic_file.h"
#include "analysis/composite.h"
#include "analysis/figure.h"
#include "analysis/score_store.h"
#include "analysis/study.h"
#include "analysis/subset.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "benchmarks/table.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;
using analysis::Interval;
using analysis::StudyRow;
using nlohmann::ordered_json;
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
      po::value<Text>()->required(),
      "the scores: a store, or a CSV with a column arch (-: standard input)");
  add("truth",
      po::value<Text>()->required(),
      "the truth: a CSV with a column arch");
  add("metric",
      po::value<Text>()->required(),
      "columns of the truth, separated by commas");
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

analysis::StudyOptions study_options(const po::variables_map& values) {
  using analysis::IntervalMethod;
  using analysis::Missing;
  analysis::StudyOptions options;
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

// JSON ----------------------------------------------------------------------

/// JSON has no NaN: a number that does not exist is null.
ordered_json number(double value) {
  return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr);
}

void add_interval(
    ordered_json& object,
    const std::string& name,
    const Interval& interval) {
  object[name + "_low"] = number(interval.low);
  object[name + "_high"] = number(interval.high);
}

ordered_json to_json(
    const StudyRow& row,
    const analysis::StudyOptions& options) {
  ordered_json object;
  object["proxy"] = row.proxy;
  object["metric"] = row.metric;
  object["subset"] = row.subset;
  object["n"] = row.n;
  object["missing"] = row.missing;
  object["kendall_tau"] = number(row.kendall.value);
  object["spearman_rho"] = number(row.spearman.value);
  object["pearson_r"] = number(row.pearson.value);
  add_interval(object, "kendall_tau", row.kendall_interval);
  object["tau_minus_baseline"] = number(row.tau_minus_baseline);
  add_interval(object, "tau_minus_baseline", row.tau_minus_baseline_interval);
  add_interval(object, "spearman_rho", row.spearman_interval);
  add_interval(object, "pearson_r", row.pearson_interval);
  object["kendall_p"] = number(row.kendall.p_value);
  object["spearman_p"] = number(row.spearman.p_value);
  object["pearson_p"] = number(row.pearson.p_value);
  object["weighted_tau"] = number(row.weighted_tau);
  object["partial_tau"] = number(row.partial_tau);
  object["p_beats_baseline"] = number(row.p_beats_baseline);
  object["p_beats_baseline_holm"] = number(row.p_beats_baseline_holm);
  object["baseline"] = options.baseline;
  object["population"] = options.population;
  for (const auto& [name, value] : row.criteria) object[name] = number(value);
  return object;
}

void print_json(
    const std::vector<StudyRow>& rows,
    const analysis::StudyOptions& options) {
  ordered_json array = ordered_json::array();
  for (const StudyRow& row : rows) array.push_back(to_json(row, options));
  std::cout << array.dump(2) << "\n";
}

// Tables --------------------------------------------------------------------

/// ".612", "-.036", "1.000"; "-" where there is no number.
std::string short_number(double value) {
  if (std::isnan(value)) return "-";
  std::string text = fmt::format("{:.3f}", value);
  if (text == "-0.000") text = "0.000";
  const std::size_t zero = text.find('0');
  if (text.starts_with("0.") || text.starts_with("-0.")) text.erase(zero, 1);
  return text;
}

std::string with_interval(double value, const Interval& interval) {
  if (std::isnan(interval.low)) return short_number(value);
  return fmt::format(
      "{} [{}, {}]",
      short_number(value),
      short_number(interval.low),
      short_number(interval.high));
}

using Cells = std::vector<std::string>;

/// Pads the columns to one width; the first is a name, set to the left.
void print_aligned(const std::vector<Cells>& lines) {
  std::vector<std::size_t> widths(lines.front().size());
  for (const Cells& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      widths[i] = std::max(widths[i], line[i].size());
    }
  }
  for (const Cells& line : lines) {
    std::string text = fmt::format("  {:<{}}", line[0], widths[0]);
    for (std::size_t i = 1; i < line.size(); ++i) {
      text += fmt::format("  {:>{}}", line[i], widths[i]);
    }
    std::cout << text << "\n";
  }
}

/// The names of the columns; `versus` those of the difference to a baseline.
Cells header(const std::string& baseline, bool versus) {
  Cells cells{"proxy", "missing", "tau", "rho", "r", "weighted tau"};
  if (versus) {
    cells.push_back("tau - " + baseline);
    cells.push_back("p (Holm)");
  }
  return cells;
}

Cells to_cells(const StudyRow& row, bool versus) {
  Cells cells{
      row.proxy,
      fmt::format("{}", row.missing),
      with_interval(row.kendall.value, row.kendall_interval),
      with_interval(row.spearman.value, row.spearman_interval),
      short_number(row.pearson.value),
      short_number(row.weighted_tau)};
  if (versus) {
    cells.push_back(
        with_interval(row.tau_minus_baseline, row.tau_minus_baseline_interval));
    cells.push_back(short_number(row.p_beats_baseline_holm));
  }
  return cells;
}

/// A second table: how good the best-scored are.
void print_criteria(const std::vector<StudyRow>& rows) {
  if (rows.front().criteria.empty()) return;
  std::vector<Cells> lines{{"proxy"}};
  for (const auto& [name, value] : rows.front().criteria) {
    lines.front().push_back(name);
  }
  for (const StudyRow& row : rows) {
    Cells cells{row.proxy};
    for (const auto& [name, value] : row.criteria) {
      cells.push_back(fmt::format("{:.4g}", value));
    }
    cells.resize(lines.front().size(), "-");
    lines.push_back(std::move(cells));
  }
  print_aligned(lines);
}

/// One metric and subset, the best tau first.
void print_table(std::vector<StudyRow> rows, const std::string& baseline) {
  const auto key = [](const StudyRow& row) {
    return std::isnan(row.kendall.value) ? -2.0 : row.kendall.value;
  };
  std::stable_sort(rows.begin(), rows.end(), [&](auto& a, auto& b) {
    return key(a) > key(b);
  });
  const bool versus = std::any_of(rows.begin(), rows.end(), [](auto& row) {
    return !std::isnan(row.tau_minus_baseline);
  });
  std::vector<Cells> lines{header(baseline, versus)};
  std::size_t most = 0;
  for (const StudyRow& row : rows) {
    lines.push_back(to_cells(row, versus));
    most = std::max(most, row.n);
  }
  std::cout << fmt::format(
      "{}, {}: n = {}\n", rows.front().metric, rows.front().subset, most);
  print_aligned(lines);
  print_criteria(rows);
}

void print_tables(
    const std::vector<StudyRow>& rows,
    const std::string& baseline) {
  std::size_t first = 0;
  for (std::size_t i = 1; i <= rows.size(); ++i) {
    if (i < rows.size() && rows[i].metric == rows[first].metric &&
        rows[i].subset == rows[first].subset) {
      continue;
    }
    if (first != 0) std::cout << "\n";
    const auto begin = rows.begin();
    print_table(
        {begin + static_cast<std::ptrdiff_t>(first),
         begin + static_cast<std::ptrdiff_t>(i)},
        baseline);
    first = i;
  }
}

// Summary -------------------------------------------------------------------

/// "zico 11, naswot 3" of the whole population, "none".
std::string missing_counts(const std::vector<StudyRow>& rows) {
  std::vector<std::string> parts;
  for (const StudyRow& row : rows) {
    if (row.subset != "all" || row.metric != rows.front().metric) continue;
    if (row.missing != 0) {
      parts.push_back(fmt::format("{} {}", row.proxy, row.missing));
    }
  }
  return parts.empty() ? "none" : fmt::format("{}", fmt::join(parts, ", "));
}

void print_summary(
    const analysis::Study& study,
    const analysis::StudyOptions& options) {
  const analysis::JoinSummary& summary = study.summary;
  for (const std::string& note : study.notes) {
    std::cerr << "zcp: note: " << note << "\n";
  }
  std::cerr << fmt::format(
      "joined {} architectures ({} of the scores without truth, {} of the "
      "truth without scores)\n",
      summary.joined,
      summary.scores_only,
      summary.truth_only);
  std::cerr << fmt::format(
      "population {}: {} architectures\n",
      options.population,
      summary.population);
  const bool last = options.missing == analysis::Missing::last;
  std::cerr << fmt::format(
      "missing scores ({}): {}\n",
      last ? "ranked last" : "dropped",
      missing_counts(study.rows));
}

}  // namespace

int correlate(const Arguments& arguments) {
  po::options_description options = make_options();
  po::variables_map values;
  if (!parse_options(arguments, kUsage, kExample, options, values)) return 0;
  analysis::StudyOptions wanted = study_options(values);
  const std::vector<analysis::Composite> made = composites(values);
  benchmarks::Table scores = analysis::read_scores(values["scores"].as<Text>());
  const benchmarks::Table truth =
      benchmarks::read_table(values["truth"].as<Text>(), wanted.metrics);
  analysis::add_composites(made, scores);
  if (!wanted.proxies.empty()) {
    for (const analysis::Composite& composite : made) {
      wanted.proxies.push_back(composite.name);
    }
  }
  const analysis::Study study = analysis::run_study(scores, truth, wanted);
  if (values.count("quiet") == 0) print_summary(study, wanted);
  if (values.count("json") != 0) {
    print_json(study.rows, wanted);
  } else {
    print_tables(study.rows, wanted.baseline);
  }
  if (values.count("figure") != 0) {
    analysis::write_output(values["figure"].as<Text>(), [&](std::ostream& out) {
      analysis::write_forest_plot(out, study.rows, wanted.baseline);
    });
  }
  return 0;
}

}  // namespace zcp::apps
