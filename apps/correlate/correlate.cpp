#include "apps/correlate/correlate.h"

#include <fmt/format.h>

#include <cstdint>
#include <iostream>

#include "analysis/report/forest_figure.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "apps/text_table.h"
#include "common/atomic_file.h"

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
    "baseline's.\n"
    "\n"
    "Without --truth and --metric: how columns agree with each other "
    "(--pairs,\n"
    "--matrix) or with the same columns of other runs (--repeats). Scores are\n"
    "any table, so that the latencies of devices can be compared as well.";

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
    "above zero; p (Holm) is corrected for the number of proxies tried.\n"
    "\n"
    "  zcp correlate --scores latency.csv --key index --pairs\n"
    "\n"
    "prints how alike devices rank architectures, and which form clusters.\n"
    "\n"
    "  zcp correlate --scores scores.csv --truth accuracy.csv \\\n"
    "      --metric cifar10_test --costs latency.csv --cost fpga --limit 2,3\n"
    "\n"
    "prints what is lost when a proxy chooses under a latency.";

po::options_description table_options() {
  po::options_description options("Tables");
  auto add = options.add_options();
  add("scores",
      po::value<Text>(),
      "the scores: a store, or a CSV with a column arch (-: standard input)");
  add("truth", po::value<Text>(), "the truth: a CSV with a column arch");
  add("metric", po::value<Text>(), "columns of the truth, separated by commas");
  add("key",
      po::value<Text>()->default_value("arch"),
      "the column of all CSVs that names the architectures");
  add("proxies",
      po::value<Text>(),
      "columns of the scores to report on (default: all)");
  add("composites",
      po::value<Text>(),
      "also: az_nas, vkdnw_agg, te_nas, vote, NAME=log_rank(a,b,...) or "
      "NAME=rank_sum(a,b,...)");
  return options;
}

po::options_description subset_options() {
  po::options_description options("Architectures");
  auto add = options.add_options();
  add("population",
      po::value<Text>()->default_value("all"),
      "all, or of NATS-TSS: connected, filtered, functions");
  add("missing",
      po::value<Text>()->default_value("last"),
      "an architecture without a score ranks last, or drop it");
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
  return options;
}

po::options_description statistic_options() {
  po::options_description options("Statistics");
  auto add = options.add_options();
  add("baseline",
      po::value<Text>()->default_value("params"),
      "the proxy to beat");
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
  return options;
}

po::options_description proxy_options() {
  po::options_description options("Proxies among themselves");
  auto add = options.add_options();
  add("pairs",
      "also tau and rho of every two proxies, and clusters of those alike");
  add("matrix", po::value<Text>(), "write those tau and rho as a CSV (F or -)");
  add("alike",
      po::value<double>()->default_value(0.7, "0.7"),
      "mean |tau| of a cluster, at least");
  add("repeats",
      po::value<Text>(),
      "also the stability of scores: stores or CSVs of more runs on the same "
      "architectures, other seeds or batches, separated by commas");
  add("ensemble",
      po::value<std::int64_t>(),
      "also the best ensemble of at most so many proxies, chosen and judged "
      "on different architectures (5 folds)");
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
      "limits of the cost (default: its quartiles and its greatest)");
  return options;
}

po::options_description make_options() {
  po::options_description options("Options");
  options.add(table_options())
      .add(subset_options())
      .add(statistic_options())
      .add(proxy_options())
      .add(cost_options());
  auto add = options.add_options();
  add("json", "a JSON array instead of tables");
  add("figure", po::value<Text>(), "also a forest plot of tau (SVG)");
  return options;
}

/// The published tables there are, with the spaces of each.
void list_published() {
  for (const published::PublishedTable& table : published::published_tables()) {
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
  const CorrelateResult result = run_correlate(values);
  if (values.count("quiet") == 0) print_summary(result);
  if (values.count("matrix") != 0) {
    write_output(values["matrix"].as<Text>(), [&](std::ostream& out) {
      study::write_matrix(out, *result.matrix);
    });
  }
  if (values.count("json") != 0) {
    print_json(result);
  } else {
    print_text(result);
  }
  if (values.count("figure") != 0) {
    write_output(values["figure"].as<Text>(), [&](std::ostream& out) {
      report::write_forest_plot(
          out, result.study.rows, result.options.baseline);
    });
  }
  return 0;
}

}  // namespace zcp::apps
