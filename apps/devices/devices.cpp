#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>

#include "analysis/study/proxy_columns.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "apps/devices/request.h"
#include "apps/study_options.h"
#include "apps/study_tables.h"
#include "benchmarks/formats/csv.h"
#include "common/destination.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;
using Text = std::string;

constexpr std::string_view kUsage =
    "zcp devices: which devices rank architectures alike, and what few\n"
    "measurements on a new one are worth\n"
    "\n"
    "Reads a cost table: a row an architecture, a column a device, as\n"
    "zcp latency writes it. Alone it writes Spearman's rho of every two\n"
    "devices and says which form a cluster and which one stands in best for\n"
    "all (OneProxy). With --truth: the accuracy lost by choosing with another\n"
    "device's costs. With --adapt: rho of a target that is predicted from a\n"
    "proxy device and few measurements, beside fitting these alone. With\n"
    "--fit: an analytic model, a term a layer type, and its held-out error.\n"
    "\n"
    "Costs of 0 and below are no measurements: they are left out.";

constexpr std::string_view kExample =
    "  zcp devices --table device_latency_1999.csv --csv rho.csv\n"
    "  zcp devices --table device_latency_1999.csv --space nats-tss \\\n"
    "      --adapt true_vpu:eagle_gtx\n"
    "  zcp devices --table hw_nas_bench_cifar10.csv --space nats-tss \\\n"
    "      --fit raspi4_latency,fpga_latency --labels 100";

po::options_description make_options() {
  po::options_description options("Options");
  auto add = options.add_options();
  add("table", po::value<Text>(), "the costs: a CSV with a column arch");
  add("key",
      po::value<Text>()->default_value("arch"),
      "the column that names the architectures");
  add("columns",
      po::value<Text>(),
      "the devices, separated by commas (default: every numeric column)");
  add("non-positive",
      po::value<Text>()->default_value("missing"),
      "what costs of 0 and below are: missing, or keep them as numbers");
  add("truth",
      po::value<Text>(),
      "trained accuracies, to say what is lost by choosing with another "
      "device's costs");
  add("key-truth", po::value<Text>(), "that column of the truth");
  add("metric", po::value<Text>(), "the column of the truth");
  add("space", po::value<Text>(), "the space of the architectures");
  add("adapt",
      po::value<Text>(),
      "PROXY:TARGET, several separated by commas, or all ordered pairs: all");
  add("train",
      po::value<int>()->default_value(60),
      "measurements on the target to fit to: the first rows that both devices "
      "have");
  add("validation",
      po::value<int>()->default_value(10),
      "measurements behind those of --train, which choose the penalty");
  add("fit", po::value<Text>(), "devices to fit an analytic model to, or all");
  add("labels",
      po::value<int>()->default_value(100),
      "measured architectures that the model of --fit is fitted to");
  add("seed",
      po::value<std::int64_t>()->default_value(0),
      "seed of the architectures that are drawn");
  add("csv",
      po::value<Text>()->default_value("-"),
      "the matrix or the pairs; with --fit the coefficients, which are not "
      "printed");
  add_format_option(options);
  return options;
}

void parse_adapt(const po::variables_map& values, DevicesRequest& request) {
  for (const Text& text : list_option(values, "adapt")) {
    if (text == "all") {
      request.adapt_all = true;
      continue;
    }
    const std::size_t colon = text.find(':');
    if (colon == Text::npos || colon == 0 || colon + 1 == text.size()) {
      throw UserError("--adapt {}: expected PROXY:TARGET or all", text);
    }
    request.adapt.emplace_back(text.substr(0, colon), text.substr(colon + 1));
    const auto& [proxy, target] = request.adapt.back();
    if (proxy == target) {
      throw UserError("--adapt {}: expected two different devices", text);
    }
  }
  constexpr Limits kRows{2, 1'000'000};
  request.train =
      static_cast<std::size_t>(whole_number(values, "train", kRows));
  request.validation =
      static_cast<std::size_t>(whole_number(values, "validation", kRows));
}

/// A device beside itself would be a rho of 1.
void refuse_repeated(std::vector<Text> columns) {
  std::ranges::sort(columns);
  const auto twice = std::ranges::adjacent_find(columns);
  if (twice == columns.end()) return;
  throw UserError("--columns: found {} twice, expected it once", *twice);
}

DevicesRequest parse_devices(const po::variables_map& values) {
  DevicesRequest request;
  request.table = required_option(values, "table");
  request.key = values["key"].as<Text>();
  request.columns = list_option(values, "columns");
  refuse_repeated(request.columns);
  request.truth = text_option(values, "truth");
  request.key_truth = text_option(values, "key-truth").value_or(request.key);
  request.metric = text_option(values, "metric").value_or("");
  request.space = text_option(values, "space").value_or("");
  parse_adapt(values, request);
  for (const Text& device : list_option(values, "fit")) {
    if (device == "all") request.fit_all = true;
    if (device != "all") request.fit.push_back(device);
  }
  request.labels =
      static_cast<std::size_t>(whole_number(values, "labels", {10, 1'000'000}));
  request.seed = non_negative(values, "seed");
  const Text rule = values["non-positive"].as<Text>();
  if (rule != "missing" && rule != "keep") {
    throw UserError("--non-positive {}: expected missing or keep", rule);
  }
  if (rule == "keep") request.non_positive = hardware::NonPositive::keep;
  request.csv = values["csv"].as<Text>();
  request.format = parse_format(values);
  request.quiet = is_given(values, "quiet");
  return request;
}

void refuse_mixtures(const DevicesRequest& request) {
  const bool adapts = request.adapt_all || !request.adapt.empty();
  const bool fits = request.fit_all || !request.fit.empty();
  if (int(adapts) + int(fits) + int(request.truth.has_value()) > 1) {
    throw UserError("expected one of --adapt, --fit and --truth");
  }
  if ((adapts || fits) && request.space.empty()) {
    throw UserError(
        "--{}: expected --space, the space of the architectures (zcp spaces "
        "lists them)",
        adapts ? "adapt" : "fit");
  }
  const bool table = fits || request.truth;
  if (request.format != TableFormat::text && !table) {
    throw UserError(
        "--format: goes with --fit and --truth; --csv F writes the matrix and "
        "the pairs");
  }
  if (request.truth && request.metric.empty()) {
    throw UserError("--truth: expected --metric, a column of it");
  }
}

}  // namespace

tables::Table read_costs(const DevicesRequest& request) {
  const Text text = formats::read_text(request.table);
  tables::Table table = tables::parse_table(
      text, formats::source_name(request.table), request.columns, request.key);
  for (std::size_t c = table.columns.size(); c-- > 0;) {
    if (!request.columns.empty()) break;
    if (!tables::is_index_column(table.columns[c])) continue;
    const auto at = static_cast<std::ptrdiff_t>(c);
    table.columns.erase(table.columns.begin() + at);
    table.values.erase(table.values.begin() + at);
  }
  table = hardware::measurements(std::move(table), request.non_positive);
  if (request.quiet) return table;
  print_notes(study::notes_of(table));
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    std::size_t missing = 0;
    for (const double value : table.values[c]) missing += std::isnan(value);
    if (missing > 0) {
      std::cerr << fmt::format(
          "zcp: note: {}: {} of {} architectures have no measurement\n",
          table.columns[c],
          missing,
          table.arch.size());
    }
  }
  return table;
}

int devices(const Arguments& arguments) {
  po::options_description description = make_options();
  po::variables_map values;
  if (!parse_options(arguments, kUsage, kExample, description, values)) {
    return 0;
  }
  const DevicesRequest request = parse_devices(values);
  refuse_mixtures(request);
  check_destinations(
      std::vector<Text>{request.csv},
      std::vector<Text>{request.table, request.truth.value_or("")});
  if (request.adapt_all || !request.adapt.empty()) {
    adapt_devices(request);
  } else if (request.fit_all || !request.fit.empty()) {
    fit_devices(request);
  } else {
    compare_devices(request);
  }
  return 0;
}

}  // namespace zcp::apps
