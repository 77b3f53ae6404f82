#include "apps/study_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/any.hpp>
#include <cmath>
#include <cstdint>
#include <stdexcept>

#include "analysis/study/subset.h"
#include "apps/option_values.h"
#include "benchmarks/tables/table.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;
using Text = std::string;

/// Draws of all proxies are kept at once.
constexpr std::int64_t kMostDraws = 1'000'000;

/// What an option takes.
enum class Kind { flag, text, texts, integer };

struct OptionInfo {
  std::string_view name;
  Kind kind;
  const char* initial;  ///< the default; null: none
  const char* text;
};

constexpr std::array kOptions{
    OptionInfo{
        "scores",
        Kind::text,
        nullptr,
        "the scores: a store, a CSV with a column arch (-: standard input; "
        ".gz is decompressed), or a sweep that is shipped, as "
        "nats-tss:gaussian "
        "(zcp spaces lists those there are)"},
    OptionInfo{
        "truth",
        Kind::text,
        nullptr,
        "the truth, which is the trained accuracies: a CSV with a column arch"},
    OptionInfo{
        "metric",
        Kind::text,
        nullptr,
        "columns of the truth (accuracies), separated by commas, or sums of "
        "their ranks: NAME=rank_sum(a,-b) or NAME=log_rank(a,b)"},
    OptionInfo{
        "key",
        Kind::text,
        "arch",
        "the column of all CSVs that names the architectures"},
    OptionInfo{
        "key-scores",
        Kind::text,
        nullptr,
        "that column of the scores, where the tables call it differently"},
    OptionInfo{"key-truth", Kind::text, nullptr, "that column of the truth"},
    OptionInfo{
        "proxies",
        Kind::text,
        nullptr,
        "columns of the scores to report on (default: all but row numbers and "
        "accuracies)"},
    OptionInfo{
        "composites",
        Kind::text,
        nullptr,
        "also these sums of ranks of several proxies: az_nas, vkdnw_agg, "
        "te_nas, vote, NAME=log_rank(a,b,...) or NAME=rank_sum(a,b,...)"},
    OptionInfo{
        "population",
        Kind::text,
        "all",
        "the architectures that count: all, or of NATS-TSS connected, "
        "filtered, functions (docs/statistics.md)"},
    OptionInfo{
        "missing",
        Kind::text,
        "last",
        "what becomes of an architecture without a score: last (it ranks "
        "last), or drop (it is left out)"},
    OptionInfo{
        "bins",
        Kind::texts,
        nullptr,
        "also within quantile bins of a column of the scores or the truth, "
        "such as the quarters params:4; repeatable"},
    OptionInfo{
        "range",
        Kind::texts,
        nullptr,
        "also within a range of such a column, such as params=1e5:5e5; either "
        "end may be left out; repeatable"},
    OptionInfo{"baseline", Kind::text, "params", "the proxy to beat"},
    OptionInfo{
        "drop-dead",
        Kind::flag,
        nullptr,
        "leave out architectures whose output does not depend on their input"},
    OptionInfo{
        "bootstrap",
        Kind::integer,
        "1000",
        "bootstrap draws for the intervals (0: no intervals)"},
    OptionInfo{
        "interval",
        Kind::text,
        "percentile",
        "how intervals are taken from the draws: percentile, or bca (corrected "
        "for bias and acceleration)"},
    OptionInfo{"seed", Kind::integer, "0", "seed of the bootstrap"},
    OptionInfo{
        "criteria",
        Kind::flag,
        nullptr,
        "also say how good the best-scored architectures are: nDCG, precision, "
        "best rank and regret"},
    OptionInfo{
        "differences",
        Kind::flag,
        nullptr,
        "also the difference of tau of every two proxies, with intervals"},
    OptionInfo{
        "ceiling",
        Kind::text,
        nullptr,
        "columns of the truth that are runs of the metrics with other seeds "
        "(default: METRIC_seedN, if there are any)"}};

void add_option(po::options_description& options, const OptionInfo& info) {
  auto add = options.add_options();
  const std::string name(info.name);
  switch (info.kind) {
    case Kind::flag:
      add(name.c_str(), info.text);
      return;
    case Kind::texts:
      add(name.c_str(), po::value<std::vector<Text>>()->composing(), info.text);
      return;
    case Kind::integer: {
      const auto initial = static_cast<std::int64_t>(std::stoll(info.initial));
      add(name.c_str(),
          ranged<std::int64_t>(0)->default_value(initial),
          info.text);
      return;
    }
    case Kind::text:
      auto* value = po::value<Text>();
      if (info.initial != nullptr) value->default_value(info.initial);
      add(name.c_str(), value, info.text);
  }
}

void add_top_option(
    po::options_description& options,
    const std::optional<std::string>& shares) {
  const std::string text = "also among the best by truth: these shares of all";
  auto* value = po::value<Text>();
  if (shares) value->default_value(*shares);
  options.add_options()(
      "top", value, (shares ? text : text + ", such as 0.5,0.1").c_str());
}

/// One of `known`, by its position; the first where the option does not exist.
std::size_t choice(
    const po::variables_map& values,
    const std::string& option,
    const std::vector<std::string>& known) {
  const Text value = text_option(values, option).value_or(known.front());
  const auto found = std::find(known.begin(), known.end(), value);
  if (found != known.end()) {
    return static_cast<std::size_t>(found - known.begin());
  }
  throw UserError(
      "--{} {}: expected {}", option, value, fmt::join(known, " or "));
}

double parse_share(const std::string& text) {
  const bool percent = text.ends_with('%');
  std::optional<double> share =
      parse_number(percent ? text.substr(0, text.size() - 1) : text);
  if (share && percent) *share /= 100;
  if (share && *share > 0 && *share <= 1) return *share;
  throw UserError(
      "--top {}: expected shares above 0, at most 1, such as 0.2 or 20%", text);
}

template <typename T>
void add_once(std::vector<T>& list, const T& value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) {
    list.push_back(value);
  }
}

std::vector<std::string> names_once(
    const po::variables_map& values,
    const std::string& option) {
  std::vector<std::string> names;
  for (const std::string& name : list_option(values, option)) {
    add_once(names, name);
  }
  return names;
}

void parse_subsets(
    const po::variables_map& values,
    study::StudyOptions& study) {
  using statistics::Missing;
  for (const std::string& share : list_option(values, "top")) {
    add_once(study.top, parse_share(share));
  }
  const bool last = choice(values, "missing", {"last", "drop"}) == 0;
  study.missing = last ? Missing::last : Missing::drop;
  for (const Text& text : all_texts(values, "bins")) {
    study.bins.push_back(study::parse_bins(text));
  }
  for (const Text& text : all_texts(values, "range")) {
    study.ranges.push_back(study::parse_range(text));
  }
  const std::vector<std::string> populations = study::population_names();
  study.population = populations[choice(values, "population", populations)];
}

void parse_statistics(
    const po::variables_map& values,
    study::StudyOptions& study) {
  using statistics::IntervalMethod;
  study.baseline = values["baseline"].as<Text>();
  study.baseline_required = !values["baseline"].defaulted();
  const bool plain = choice(values, "interval", {"percentile", "bca"}) == 0;
  study.interval = plain ? IntervalMethod::percentile : IntervalMethod::bca;
  const auto draws = values["bootstrap"].as<std::int64_t>();
  // Fewer draws have no quantile of 2.5 %.
  constexpr std::int64_t kFewestDraws = 40;
  if (draws != 0 && draws < kFewestDraws) {
    throw UserError(
        "--bootstrap {}: expected 0 (no intervals) or {} or more",
        draws,
        kFewestDraws);
  }
  if (draws > kMostDraws) {
    throw UserError("--bootstrap {}: expected at most {}", draws, kMostDraws);
  }
  study.draws = static_cast<std::size_t>(draws);
  study.seed = non_negative(values, "seed");
  study.ceiling = names_once(values, "ceiling");
  if (study.ceiling.size() == 1) {
    throw UserError(
        "--ceiling {}: expected two columns or more", study.ceiling[0]);
  }
  study.differences = values.count("differences") != 0;
  study.criteria = values.count("criteria") != 0;
}

std::vector<study::Composite> parse_composites(
    const po::variables_map& values) {
  std::vector<study::Composite> parsed;
  if (values.count("composites") == 0) return parsed;
  for (const std::string& text :
       study::split_composites(values["composites"].as<Text>())) {
    parsed.push_back(study::parse_composite(text));
  }
  return parsed;
}

/// What a first call most often lacks: which columns of the truth there are, if
/// it can be read.
[[noreturn]] void refuse_without_metric(const po::variables_map& values) {
  std::string columns;
  try {
    const Text truth = text_option(values, "truth").value_or("-");
    if (truth != "-") {
      columns = fmt::format(
          " (columns: {})", fmt::join(tables::read_table(truth).columns, ", "));
    }
  } catch (const std::exception&) {
    columns.clear();  // that is said once there is a metric
  }
  throw UserError(
      "the option '--metric' is required but missing: the columns of --truth, "
      "the trained accuracies, to judge by{}",
      columns);
}

}  // namespace

void add_study_options(
    po::options_description& options,
    std::initializer_list<std::string_view> names,
    const std::optional<std::string>& shares) {
  for (const std::string_view name : names) {
    if (name == "top") {
      add_top_option(options, shares);
      continue;
    }
    const auto* info = std::ranges::find(kOptions, name, &OptionInfo::name);
    if (info == kOptions.end()) {
      throw std::invalid_argument("no option of a study: " + Text(name));
    }
    add_option(options, *info);
  }
}

void add_repeatable_study_options(
    po::options_description& options,
    std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    OptionInfo info = *std::ranges::find(kOptions, name, &OptionInfo::name);
    info.kind = Kind::texts;
    add_option(options, info);
  }
}

namespace {

/// A column, or NAME=rank_sum(...) of columns.
void add_metric(const Text& text, StudyRequest& request) {
  std::vector<Text>& metrics = request.study.metrics;
  if (text.find('=') == Text::npos) {
    add_once(metrics, text);
    return;
  }
  const study::Objective sum = study::parse_objective(text);
  if (sum.less) {
    throw UserError(
        "--metric {}: expected NAME=rank_sum(...), with a - before members of "
        "which less is better",
        text);
  }
  if (std::ranges::find(metrics, sum.name) != metrics.end()) {
    throw UserError("--metric {}: {} comes twice", text, sum.name);
  }
  metrics.push_back(sum.name);
  request.computed_metrics.push_back(sum);
}

}  // namespace

void set_metrics(const std::vector<std::string>& lists, StudyRequest& request) {
  request.study.metrics.clear();
  request.computed_metrics.clear();
  for (const Text& list : lists) {
    const bool sums = list.find('=') != Text::npos;
    for (const Text& part :
         sums ? study::split_composites(list) : named_list("metric", list)) {
      const std::size_t begin = sums ? part.find_first_not_of(" \t") : 0;
      add_metric(part.substr(std::min(begin, part.size())), request);
    }
  }
}

void set_one_metric(const std::string& text, StudyRequest& request) {
  set_metrics({text}, request);
  if (request.study.metrics.size() == 1) return;
  throw UserError("--metric {}: expected one column of the truth", text);
}

StudyRequest parse_study_request(const po::variables_map& values, Truth truth) {
  const bool needed = truth == Truth::needed;
  StudyRequest request;
  if (needed && !text_option(values, "metric")) refuse_without_metric(values);
  request.scores = required_option(values, "scores");
  if (needed) request.truth = required_option(values, "truth");
  request.key = text_option(values, "key").value_or(request.key);
  request.key_scores = text_option(values, "key-scores").value_or(request.key);
  request.key_truth = text_option(values, "key-truth").value_or(request.key);
  set_metrics(all_texts(values, "metric"), request);
  request.study.proxies = names_once(values, "proxies");
  parse_subsets(values, request.study);
  parse_statistics(values, request.study);
  request.composites = parse_composites(values);
  request.drop_dead = values.count("drop-dead") != 0;
  if (!request.study.proxies.empty()) {
    for (const study::Composite& composite : request.composites) {
      add_once(request.study.proxies, composite.name);
    }
  }
  return request;
}

std::optional<std::string> text_option(
    const po::variables_map& values,
    const std::string& option) {
  if (values.count(option) == 0) return {};
  // A subcommand may let the option be repeated.
  const boost::any& value = values[option].value();
  if (const auto* texts = boost::any_cast<std::vector<Text>>(&value)) {
    return texts->front();
  }
  return values[option].as<Text>();
}

std::vector<std::string> all_texts(
    const po::variables_map& values,
    const std::string& option) {
  if (values.count(option) == 0) return {};
  const boost::any& value = values[option].value();
  if (const auto* texts = boost::any_cast<std::vector<Text>>(&value)) {
    return *texts;
  }
  return {values[option].as<Text>()};
}

std::vector<std::string> one_for_each(
    const po::variables_map& values,
    const std::string& option,
    std::size_t tables) {
  std::vector<Text> texts = all_texts(values, option);
  if (texts.size() == 1) texts.assign(tables, Text(texts.front()));
  if (texts.empty() || texts.size() == tables) return texts;
  throw UserError(
      "--{} is given {} times and --scores {}: expected one for all tables, or "
      "one for each",
      option,
      texts.size(),
      tables);
}

std::string required_option(
    const po::variables_map& values,
    const std::string& option) {
  if (auto value = text_option(values, option)) return *value;
  throw UserError(
      "the option '--{}' is required but missing (--help lists the options)",
      option);
}

std::vector<std::string> list_option(
    const po::variables_map& values,
    const std::string& option) {
  std::vector<std::string> names;
  for (const Text& text : all_texts(values, option)) {
    for (Text& name : named_list(option, text))
      names.push_back(std::move(name));
  }
  return names;
}

void refuse_standard_input_twice(const std::vector<NamedInput>& inputs) {
  const NamedInput* first = nullptr;
  for (const NamedInput& input : inputs) {
    if (input.path != "-") continue;
    if (first != nullptr) {
      throw UserError(
          "--{} - and --{} -: found standard input twice, expected it once and "
          "a file for the other",
          first->option,
          input.option);
    }
    first = &input;
  }
}

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

}  // namespace zcp::apps
