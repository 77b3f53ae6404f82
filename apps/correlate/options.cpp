#include "apps/correlate/options.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "apps/option_values.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;
using Text = std::string;

constexpr std::int64_t kMostMembers = 10;  ///< of an ensemble

po::options_description study_options(
    const char* caption,
    std::initializer_list<std::string_view> names) {
  po::options_description options(caption);
  add_study_options(options, names);
  return options;
}

po::options_description statistic_options() {
  po::options_description options = study_options(
      "Statistics",
      {"baseline",
       "bootstrap",
       "interval",
       "seed",
       "criteria",
       "differences",
       "ceiling"});
  options.add_options()(
      "published",
      po::value<Text>(),
      "also set a paper's numbers beside ours: ID or ID@SPACE, or all for "
      "every paper (list: print the IDs)");
  return options;
}

po::options_description proxy_options() {
  po::options_description options("Proxies among themselves");
  auto add = options.add_options();
  add("pairs",
      "also tau and rho of every two proxies, and clusters of those alike");
  add("matrix",
      po::value<Text>(),
      "write tau and rho of every two proxies to a CSV (-: standard output)");
  add("alike",
      ranged(0.0, 1.0)->default_value(0.7, "0.7"),
      "how alike the proxies of a cluster are: their mean |tau| is at least "
      "this");
  add("repeats",
      po::value<Text>(),
      "also the stability of scores: stores or CSVs of more runs on the same "
      "architectures, other seeds or batches, separated by commas");
  add("ensemble",
      ranged<std::int64_t>(1, kMostMembers),
      "also the best sum of ranks of at most so many proxies, chosen and "
      "judged on different architectures (5 folds)");
  return options;
}

po::options_description compose_options() {
  po::options_description options("A composite that travels");
  auto add = options.add_options();
  add("compose",
      "instead choose a rank sum of proxies on all spaces but one and judge it "
      "on that one, each in turn; takes --scores, --truth, --metric, "
      "--key-scores and --key-truth once for each table");
  add("leave-out",
      po::value<Text>()->default_value("space"),
      "what --compose leaves out at a time: space (all tables and metrics of "
      "it), or metric (of one table)");
  add("members",
      ranged<std::int64_t>(1, kMostMembers)->default_value(5),
      "the composite has at most so many members");
  return options;
}

po::options_description cost_options() {
  po::options_description options("Cost");
  auto add = options.add_options();
  add("cost",
      po::value<Text>(),
      "a column with latency or energy, lower is better, of the truth or of "
      "--costs: fronts of accuracy against it, and what is lost under a limit");
  add("costs",
      po::value<Text>(),
      "a CSV with the cost; without a column arch it is joined with the "
      "truth on the column index");
  add("limit",
      po::value<Text>(),
      "limits of the cost, separated by commas (default: its quartiles and its "
      "greatest value)");
  return options;
}

/// True when something was asked for that needs no truth, and nothing that
/// does.
bool without_truth(const po::variables_map& values) {
  const auto given = [&](const char* name) { return values.count(name) != 0; };
  constexpr std::array kWithout{"pairs", "matrix", "repeats"};
  constexpr std::array kWith{
      "truth",
      "metric",
      "key-truth",
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
      "figure"};
  return std::ranges::any_of(kWithout, given) &&
         std::ranges::none_of(kWith, given);
}

/// What asks for other statistics than --compose gives is refused with it.
void refuse_beside_compose(const po::variables_map& values) {
  constexpr std::array kOthers{
      "population",
      "missing",
      "top",
      "bins",
      "range",
      "criteria",
      "differences",
      "ceiling",
      "interval",
      "published",
      "pairs",
      "matrix",
      "repeats",
      "ensemble",
      "cost",
      "costs",
      "limit",
      "figure"};
  for (const char* name : kOthers) {
    if (values.count(name) == 0 || values[name].defaulted()) continue;
    throw UserError(
        "--compose: expected no --{}, which is of one table alone", name);
  }
}

void refuse_repeated(const po::variables_map& values) {
  for (const char* name :
       {"scores", "truth", "metric", "key-scores", "key-truth"}) {
    const std::size_t times = all_texts(values, name).size();
    if (times < 2) continue;
    throw UserError(
        "--{} is given {} times: expected once, or --compose, which takes "
        "several tables",
        name,
        times);
  }
}

/// The greatest number of members that is tried.
std::size_t most_members(const po::variables_map& values, const char* option) {
  const auto most = values[option].as<std::int64_t>();
  if (most < 1 || most > kMostMembers) {
    throw UserError(
        "--{} {}: expected 1 to {} members", option, most, kMostMembers);
  }
  return static_cast<std::size_t>(most);
}

study::TravelOptions parse_travel(
    const po::variables_map& values,
    const StudyRequest& request) {
  study::TravelOptions travel;
  const Text leave = values["leave-out"].as<Text>();
  if (leave != "space" && leave != "metric") {
    throw UserError("--leave-out {}: expected space or metric", leave);
  }
  if (leave == "metric") travel.leave_out = study::LeaveOut::task;
  travel.most = most_members(values, "members");
  travel.draws = request.study.draws;
  travel.seed = request.study.seed;
  travel.baseline = request.study.baseline;
  for (const char* name : {"az_nas", "vkdnw_agg"}) {
    travel.composites.push_back(study::parse_composite(name));
  }
  for (const study::Composite& composite : request.composites) {
    const auto known = std::ranges::find(
        travel.composites, composite.name, &study::Composite::name);
    if (known == travel.composites.end())
      travel.composites.push_back(composite);
  }
  return travel;
}

/// A study for each table of scores. Which columns are proxies is asked when
/// each metric's own are known, so none is named to the reader of tables.
std::optional<ComposeRequest> parse_compose(
    const po::variables_map& values,
    const StudyRequest& request) {
  if (values.count("compose") == 0) {
    refuse_repeated(values);
    for (const char* name : {"leave-out", "members"}) {
      if (!values[name].defaulted()) {
        throw UserError("--{}: expected --compose as well", name);
      }
    }
    return {};
  }
  refuse_beside_compose(values);
  ComposeRequest compose;
  compose.travel = parse_travel(values, request);
  const std::vector<Text> scores = all_texts(values, "scores");
  const auto truths = one_for_each(values, "truth", scores.size());
  const auto metrics = one_for_each(values, "metric", scores.size());
  const auto key_scores = one_for_each(values, "key-scores", scores.size());
  const auto key_truths = one_for_each(values, "key-truth", scores.size());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    StudyRequest& one = compose.studies.emplace_back(request);
    one.scores = scores[i];
    one.truth = truths[i];
    set_metrics({metrics[i]}, one);
    one.key_scores = key_scores.empty() ? one.key : key_scores[i];
    one.key_truth = key_truths.empty() ? one.key : key_truths[i];
    one.study.proxies.clear();
    one.study.baseline_required = false;
    one.composites.clear();
  }
  return compose;
}

double parse_alike(const po::variables_map& values) {
  const double alike = values["alike"].as<double>();
  if (!(alike >= 0 && alike <= 1)) {
    throw UserError("--alike {}: expected a number from 0 to 1", alike);
  }
  return alike;
}

std::vector<double> parse_limits(const po::variables_map& values) {
  std::vector<double> limits;
  for (const Text& text : list_option(values, "limit")) {
    const std::optional<double> limit = parse_number(text);
    if (!limit) throw UserError("--limit {}: expected numbers", text);
    limits.push_back(*limit);
  }
  return limits;
}

void refuse_inputs_twice(const CorrelateOptions& options) {
  std::vector<NamedInput> inputs;
  const auto add = [&](const StudyRequest& study) {
    inputs.push_back({"scores", study.scores});
    inputs.push_back({"truth", study.truth});
  };
  if (options.compose) {
    for (const StudyRequest& study : options.compose->studies) add(study);
  } else {
    add(options.request);
  }
  for (const Text& run : options.repeats) inputs.push_back({"repeats", run});
  if (options.costs) inputs.push_back({"costs", *options.costs});
  refuse_standard_input_twice(inputs);
}

/// A CSV has a row for each proxy, metric and subset. What is a list or a
/// table in itself has no field there and would be lost without a word.
void refuse_in_csv(const po::variables_map& values) {
  constexpr std::array kTables{
      "ensemble", "pairs", "cost", "repeats", "differences", "published"};
  for (const char* name : kTables) {
    if (values.count(name) == 0) continue;
    throw UserError(
        "--format csv: a row for each proxy has no place for what --{} finds; "
        "expected text, markdown, latex or json{}",
        name,
        name == Text("pairs") ? ", or --matrix F, which writes a CSV" : "");
  }
}

}  // namespace

std::vector<std::string> CorrelateOptions::inputs() const {
  std::vector<std::string> paths = repeats;
  paths.insert(paths.end(), {request.scores, request.truth});
  if (compose) {
    for (const StudyRequest& study : compose->studies) {
      paths.insert(paths.end(), {study.scores, study.truth});
    }
  }
  if (costs) paths.push_back(*costs);
  return paths;
}

std::vector<std::string> CorrelateOptions::outputs() const {
  std::vector<std::string> paths;
  if (matrix) paths.push_back(*matrix);
  if (figure) paths.push_back(*figure);
  return paths;
}

po::options_description correlate_options() {
  po::options_description options("Options");
  po::options_description tables("Tables");
  add_repeatable_study_options(tables, {"scores", "truth", "metric"});
  add_study_options(tables, {"key"});
  add_repeatable_study_options(tables, {"key-scores", "key-truth"});
  add_study_options(tables, {"proxies", "composites"});
  options.add(tables)
      .add(study_options(
          "Architectures",
          {"population", "drop-dead", "missing", "top", "bins", "range"}))
      .add(statistic_options())
      .add(proxy_options())
      .add(compose_options())
      .add(cost_options());
  auto add = options.add_options();
  add("json", "print a JSON array instead of tables, as --format json");
  add_format_option(options);
  add("figure",
      po::value<Text>(),
      "also draw tau with its intervals (a forest plot, SVG)");
  return options;
}

CorrelateOptions parse_correlate_options(const po::variables_map& values) {
  CorrelateOptions options;
  options.has_truth = !without_truth(values);
  options.request = parse_study_request(
      values, options.has_truth ? Truth::needed : Truth::not_needed);
  options.compose = parse_compose(values, options.request);
  options.published = text_option(values, "published");
  options.pairs = values.count("pairs") != 0;
  options.matrix = text_option(values, "matrix");
  if (options.needs_matrix()) options.alike = parse_alike(values);
  options.repeats = list_option(values, "repeats");
  if (values.count("ensemble") != 0) {
    options.ensemble = most_members(values, "ensemble");
  }
  options.cost = text_option(values, "cost");
  options.costs = text_option(values, "costs");
  if (options.costs) required_option(values, "cost");
  if (options.cost) options.limits = parse_limits(values);
  options.format = parse_format(values);
  options.figure = text_option(values, "figure");
  options.quiet = values.count("quiet") != 0;
  refuse_inputs_twice(options);
  if (options.format == TableFormat::csv) refuse_in_csv(values);
  const auto outputs = options.outputs();
  if (options.format == TableFormat::json &&
      std::ranges::count(outputs, "-") > 0) {
    throw UserError(
        "--json goes to standard output, where --figure or --matrix goes, "
        "too; give that a file");
  }
  return options;
}

}  // namespace zcp::apps
