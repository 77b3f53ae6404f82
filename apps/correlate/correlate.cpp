#include <fmt/format.h>

#include <iostream>

#include "analysis/published/published.h"
#include "analysis/report/forest_figure.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "apps/correlate/compose.h"
#include "apps/correlate/options.h"
#include "apps/correlate/print.h"
#include "apps/correlate/result.h"
#include "apps/terminal.h"
#include "apps/text_table.h"
#include "common/destination.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;

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
    "any table, so that the latencies of devices can be compared as well.\n"
    "\n"
    "With --compose and tables of several spaces: a rank sum of proxies that\n"
    "is chosen on all spaces but one and judged on that one, each in turn.";

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
    "above zero and p (Holm), which is corrected for the number of proxies\n"
    "tried, is below .05. Over fewer than 10 architectures there is no\n"
    "interval, p-value or verdict, and no subset so small is shown.\n"
    "\n"
    "  zcp correlate --scores latency.csv --key index --pairs\n"
    "\n"
    "prints how alike devices rank architectures, and which form clusters.\n"
    "\n"
    "  zcp correlate --scores scores.csv --truth accuracy.csv \\\n"
    "      --metric cifar10_test --costs latency.csv --cost fpga --limit 2,3\n"
    "\n"
    "prints what is lost when a proxy chooses under a latency.\n"
    "\n"
    "  zcp correlate --compose \\\n"
    "      --scores nb201.csv --truth nb201.csv \\\n"
    "      --metric cifar10_valid,cifar100_valid \\\n"
    "      --scores darts.csv --truth darts.csv --metric cifar10_valid\n"
    "\n"
    "chooses on the one space and judges on the other.";

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

void write_matrix_file(const CorrelateResult& result) {
  const CorrelateOptions& options = result.options;
  if (!options.matrix) return;
  write_output(*options.matrix, [&](std::ostream& out) {
    study::write_matrix(out, *result.matrix);
  });
}

void write_figure(const CorrelateResult& result) {
  const CorrelateOptions& options = result.options;
  if (!options.figure) return;
  write_output(*options.figure, [&](std::ostream& out) {
    report::write_forest_plot(
        out, result.study.rows, options.request.study.baseline);
  });
}

/// In the format that was asked for.
void print_tables_of(const CorrelateResult& result) {
  switch (result.options.format) {
    case TableFormat::json:
      return print_json(result);
    case TableFormat::csv:
      return print_csv(result);
    default:
      TableWriter out(std::cout, result.options.format, has_colours());
      print_text(result, out);
  }
}

}  // namespace

int correlate(const Arguments& arguments) {
  po::options_description options = correlate_options();
  po::variables_map values;
  if (!parse_options(arguments, kUsage, kExample, options, values)) return 0;
  if (text_option(values, "published") == "list") {
    list_published();
    return 0;
  }
  const CorrelateOptions asked = parse_correlate_options(values);
  check_destinations(asked.outputs(), asked.inputs());
  if (asked.compose) {
    print_composed(compose(asked), asked);
    return 0;
  }
  const CorrelateResult result = run_correlate(asked);
  if (!result.options.quiet) print_summary(result);
  write_matrix_file(result);
  print_tables_of(result);
  write_figure(result);
  return 0;
}

}  // namespace zcp::apps
