#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <unordered_map>

#include "analysis/store/score_store.h"
#include "analysis/study/composite.h"
#include "analysis/study/joined.h"
#include "analysis/study/subset.h"
#include "apps/command.h"
#include "apps/correlate/correlate.h"
#include "benchmarks/formats/csv.h"
#include "benchmarks/tables/table.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;
using Text = std::string;

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

/// A finite number that is the whole text.
std::optional<double> parse_number(const std::string& text) {
  std::size_t used = 0;
  double value = 0;
  try {
    value = std::stod(text, &used);
  } catch (const std::logic_error&) {
    return {};
  }
  if (used != text.size() || !std::isfinite(value)) return {};
  return value;
}

double parse_share(const std::string& text) {
  const std::optional<double> share = parse_number(text);
  if (share && *share > 0 && *share <= 1) return *share;
  throw UserError("--top {}: expected shares above 0, at most 1", text);
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

/// The value of an option that is needed for what else was asked for.
Text required(const po::variables_map& values, const std::string& option) {
  if (values.count(option) != 0) return values[option].as<Text>();
  throw UserError(
      "the option '--{}' is required but missing (--help lists the options)",
      option);
}

study::StudyOptions study_options(const po::variables_map& values) {
  using statistics::IntervalMethod;
  using statistics::Missing;
  study::StudyOptions options;
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
    options.bins.push_back(study::parse_bins(text));
  }
  for (const Text& text : repeated(values, "range")) {
    options.ranges.push_back(study::parse_range(text));
  }
  options.ceiling = list_option(values, "ceiling");
  if (options.ceiling.size() == 1) {
    throw UserError(
        "--ceiling {}: expected two columns or more", options.ceiling[0]);
  }
  options.differences = values.count("differences") != 0;
  options.criteria = values.count("criteria") != 0;
  choice(values, "population", study::population_names());
  return options;
}

std::vector<study::Composite> composites(const po::variables_map& values) {
  std::vector<study::Composite> parsed;
  if (values.count("composites") == 0) return parsed;
  for (const std::string& text :
       study::split_composites(values["composites"].as<Text>())) {
    parsed.push_back(study::parse_composite(text));
  }
  return parsed;
}

// Tables --------------------------------------------------------------------

/// A store, or a CSV with the column `key`.
tables::Table read_scores_by(const Text& path, const Text& key) {
  if (key == "arch") return store::read_scores(path);
  return tables::parse_table(
      formats::read_text(path), formats::source_name(path), {}, key);
}

/// The truth's columns that the options speak of: the metrics, their single
/// runs, and those that subsets are made of and the scores do not have.
std::vector<Text> truth_columns(
    const std::vector<Text>& header,
    const tables::Table& scores,
    const study::StudyOptions& options) {
  std::vector<Text> wanted = options.metrics;
  const auto want = [&](const Text& name) {
    if (std::find(wanted.begin(), wanted.end(), name) == wanted.end()) {
      wanted.push_back(name);
    }
  };
  for (const Text& metric : options.metrics) {
    for (const Text& run : study::seed_columns(header, metric)) want(run);
  }
  for (const Text& run : options.ceiling) want(run);
  for (const study::Bins& bins : options.bins) {
    if (!study::find_column(scores, bins.column)) want(bins.column);
  }
  for (const study::Range& range : options.ranges) {
    if (!study::find_column(scores, range.column)) want(range.column);
  }
  return wanted;
}

/// The column that a table of costs is joined on: the key, or else the index.
Text costs_key(const std::vector<Text>& header, const Text& key) {
  const auto has = [&](const Text& name) {
    return std::find(header.begin(), header.end(), name) != header.end();
  };
  return !has(key) && has("index") ? "index" : key;
}

/// The tables of a run of the command.
struct Tables {
  tables::Table scores;
  tables::Table truth;
  std::optional<tables::Table> costs;
  bool costs_by_index = false;
};

void read_costs(
    const po::variables_map& values,
    const Text& key,
    Tables& tables) {
  if (values.count("costs") == 0) return;
  const Text path = values["costs"].as<Text>();
  const Text text = formats::read_text(path);
  const Text source = formats::source_name(path);
  const Text by = costs_key(tables::column_names(text, source), key);
  const std::vector<Text> wanted{required(values, "cost")};
  tables.costs = tables::parse_table(text, source, wanted, by);
  tables.costs_by_index = by != key;
}

void read_truth(
    const po::variables_map& values,
    const Text& key,
    const study::StudyOptions& options,
    Tables& tables) {
  const Text path = required(values, "truth");
  const Text text = formats::read_text(path);
  const Text source = formats::source_name(path);
  std::vector<Text> wanted =
      truth_columns(tables::column_names(text, source), tables.scores, options);
  if (tables.costs_by_index) wanted.emplace_back("index");
  if (values.count("cost") != 0 && !tables.costs) {
    const Text cost = values["cost"].as<Text>();
    if (std::find(wanted.begin(), wanted.end(), cost) == wanted.end()) {
      wanted.push_back(cost);
    }
  }
  tables.truth = tables::parse_table(text, source, wanted, key);
}

// Parts ---------------------------------------------------------------------

void add_published(
    const po::variables_map& values,
    const tables::Table& truth,
    CorrelateResult& result) {
  if (values.count("published") == 0) return;
  if (truth.arch.empty()) throw UserError("{}: no row", truth.source);
  result.published = published::choose_published(
      values["published"].as<Text>(), truth.arch.front());
  result.published_rows = published::compare_published(
      *result.published, result.study.rows, result.options.population);
}

/// The rows of the scores that the statistics are over.
std::vector<std::size_t> score_rows(
    const Tables& tables,
    const study::StudyOptions& options) {
  if (options.metrics.empty()) {
    return study::population(tables.scores.arch, options.population).rows;
  }
  std::vector<std::size_t> rows;
  for (const study::Match& match : study::restrict_to(
           options.population,
           study::join(tables.scores, tables.truth),
           tables.truth)) {
    rows.push_back(match.score);
  }
  return rows;
}

void add_matrix(
    const po::variables_map& values,
    const Tables& tables,
    CorrelateResult& result) {
  result.print_matrix = values.count("pairs") != 0;
  if (!result.print_matrix && values.count("matrix") == 0) return;
  result.alike = values["alike"].as<double>();
  if (!(result.alike >= 0 && result.alike <= 1)) {
    throw UserError("--alike {}: expected a number from 0 to 1", result.alike);
  }
  const study::Selection selection =
      study::select_columns(tables.scores, result.options.proxies, "", false);
  const std::vector<std::size_t> rows = score_rows(tables, result.options);
  if (selection.columns.empty() || rows.empty()) {
    throw UserError("{}: no proxies to compare", tables.scores.source);
  }
  std::vector<Text> names;
  std::vector<study::Column> columns;
  for (const std::size_t column : selection.columns) {
    names.push_back(tables.scores.columns[column]);
    columns.push_back(study::take(tables.scores.values[column], rows));
  }
  result.matrix_rows = rows.size();
  result.matrix = study::correlate_columns(
      names, columns, result.options.missing, result.alike);
}

/// Tau of each run with each metric, over the run's own architectures.
void add_run_taus(
    const std::vector<tables::Table>& runs,
    const tables::Table& truth,
    CorrelateResult& result) {
  study::StudyOptions options = result.options;
  options.baseline.clear();
  options.baseline_required = false;
  options.proxies.clear();
  for (const study::Stability& row : result.stability) {
    options.proxies.push_back(row.proxy);
  }
  for (const tables::Table& run : runs) {
    std::size_t at = 0;
    for (const auto& joined : study::join_metrics(run, truth, options)) {
      for (std::size_t i = 0; i < joined.proxies.size(); ++i, ++at) {
        if (at == result.run_taus.size()) {
          result.run_taus.push_back({joined.proxies[i], joined.metric, {}});
        }
        const study::Prepared ranked =
            study::prepare(joined.scores[i], joined.truth, options.missing);
        result.run_taus[at].tau.push_back(
            statistics::kendall_tau_b(ranked.scores, ranked.truth));
      }
    }
  }
}

void add_stability(
    const po::variables_map& values,
    const Text& key,
    const std::vector<study::Composite>& made,
    const Tables& tables,
    CorrelateResult& result) {
  const std::vector<Text> paths = list_option(values, "repeats");
  if (paths.empty()) return;
  std::vector<tables::Table> runs{tables.scores};
  for (const Text& path : paths) {
    runs.push_back(read_scores_by(path, key));
    study::add_composites(made, runs.back());
  }
  result.stability =
      study::stability(runs, result.options.proxies, result.options.missing);
  if (!result.options.metrics.empty()) {
    add_run_taus(runs, tables.truth, result);
  }
}

void add_ensembles(
    const po::variables_map& values,
    const Tables& tables,
    CorrelateResult& result) {
  if (values.count("ensemble") == 0) return;
  constexpr std::uint64_t kMost = 10;
  const std::uint64_t most = non_negative(values, "ensemble");
  if (most < 1 || most > kMost) {
    throw UserError("--ensemble {}: expected 1 to {} members", most, kMost);
  }
  study::EnsembleOptions options;
  options.most = static_cast<std::size_t>(most);
  options.draws = result.options.draws;
  options.seed = result.options.seed;
  for (const study::Joined& joined :
       study::join_metrics(tables.scores, tables.truth, result.options)) {
    result.ensembles.push_back(study::choose_ensemble(joined, options));
  }
}

/// The cost at each joined row, from the table of costs or the truth.
study::Column
costs_of(const Tables& tables, const study::Joined& joined, const Text& cost) {
  study::Column out;
  if (!tables.costs) {
    const std::size_t column =
        study::require_column(tables.truth, cost, "cost");
    for (const study::Match& row : joined.rows) {
      out.push_back(tables.truth.values[column][row.truth]);
    }
    return out;
  }
  std::unordered_map<Text, double> known;
  for (std::size_t row = 0; row < tables.costs->arch.size(); ++row) {
    known.emplace(tables.costs->arch[row], tables.costs->values[0][row]);
  }
  const auto index = study::find_column(tables.truth, "index");
  for (const study::Match& row : joined.rows) {
    const Text name =
        tables.costs_by_index
            ? fmt::format("{}", tables.truth.values[*index][row.truth])
            : tables.truth.arch[row.truth];
    const auto found = known.find(name);
    out.push_back(found == known.end() ? std::nan("") : found->second);
  }
  return out;
}

void add_costs(
    const po::variables_map& values,
    const Tables& tables,
    CorrelateResult& result) {
  if (values.count("cost") == 0) return;
  const Text cost = values["cost"].as<Text>();
  study::Column limits;
  for (const Text& text : list_option(values, "limit")) {
    const std::optional<double> limit = parse_number(text);
    if (!limit) throw UserError("--limit {}: expected numbers", text);
    limits.push_back(*limit);
  }
  for (const study::Joined& joined :
       study::join_metrics(tables.scores, tables.truth, result.options)) {
    const auto rows = study::cost_trade_off(
        joined, cost, costs_of(tables, joined, cost), limits);
    result.costs.insert(result.costs.end(), rows.begin(), rows.end());
  }
}

/// True when nothing was asked for that needs a truth, but something that does
/// not.
bool without_truth(const po::variables_map& values) {
  const auto any = [&](const std::vector<const char*>& options) {
    return std::any_of(options.begin(), options.end(), [&](const char* name) {
      return values.count(name) != 0;
    });
  };
  return any({"pairs", "matrix", "repeats"}) && !any(
                                                    {"truth",
                                                     "metric",
                                                     "top",
                                                     "bins",
                                                     "range",
                                                     "criteria",
                                                     "differences",
                                                     "ceiling",
                                                     "published",
                                                     "ensemble",
                                                     "cost",
                                                     "costs",
                                                     "limit",
                                                     "figure"});
}

}  // namespace

CorrelateResult run_correlate(const po::variables_map& values) {
  CorrelateResult result;
  const bool alone = without_truth(values);
  if (!alone) required(values, "metric");
  result.options = study_options(values);
  const std::vector<study::Composite> made = composites(values);
  const Text key = values["key"].as<Text>();
  Tables tables;
  tables.scores = read_scores_by(required(values, "scores"), key);
  study::add_composites(made, tables.scores);
  if (!result.options.proxies.empty()) {
    for (const study::Composite& composite : made) {
      result.options.proxies.push_back(composite.name);
    }
  }
  if (!alone) {
    read_costs(values, key, tables);
    read_truth(values, key, result.options, tables);
    result.study =
        study::run_study(tables.scores, tables.truth, result.options);
    add_published(values, tables.truth, result);
    add_ensembles(values, tables, result);
    add_costs(values, tables, result);
  }
  add_matrix(values, tables, result);
  add_stability(values, key, made, tables, result);
  return result;
}

}  // namespace zcp::apps
