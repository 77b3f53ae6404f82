#include "apps/study_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>

#include "analysis/study/subset.h"
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

template <typename T>
void add_once(std::vector<T>& list, const T& value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) {
    list.push_back(value);
  }
}

std::vector<std::string> list_option(
    const po::variables_map& values,
    const std::string& option) {
  std::vector<std::string> list;
  if (values.count(option) == 0) return list;
  for (const std::string& name : split_list(values[option].as<Text>())) {
    add_once(list, name);
  }
  if (list.empty()) throw UserError("--{}: expected a name", option);
  return list;
}

}  // namespace

void add_study_options(
    po::options_description& options,
    const std::string& top) {
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
      po::value<Text>()->default_value(top),
      "also within these shares of the best by truth");
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
}

study::StudyOptions parse_study_options(const po::variables_map& values) {
  using statistics::IntervalMethod;
  using statistics::Missing;
  study::StudyOptions options;
  options.metrics = list_option(values, "metric");
  options.proxies = list_option(values, "proxies");
  options.baseline = values["baseline"].as<Text>();
  options.baseline_required = !values["baseline"].defaulted();
  options.population = values["population"].as<Text>();
  for (const std::string& share : split_list(values["top"].as<Text>())) {
    add_once(options.top, parse_share(share));
  }
  const bool last = choice(values, "missing", {"last", "drop"}) == 0;
  options.missing = last ? Missing::last : Missing::drop;
  const bool plain = choice(values, "interval", {"percentile", "bca"}) == 0;
  options.interval = plain ? IntervalMethod::percentile : IntervalMethod::bca;
  const auto draws = values["bootstrap"].as<std::int64_t>();
  if (draws < 0) throw UserError("--bootstrap {}: expected 0 or more", draws);
  options.draws = static_cast<std::size_t>(draws);
  options.seed = non_negative(values, "seed");
  choice(values, "population", study::population_names());
  return options;
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

}  // namespace zcp::apps
