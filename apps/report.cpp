#include "analysis/report/report.h"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>

#include "analysis/report/figures.h"
#include "analysis/report/page.h"
#include "analysis/store/score_store.h"
#include "analysis/study/composite.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "apps/study_options.h"
#include "apps/version.h"
#include "benchmarks/tables/table.h"
#include "common/atomic_file.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;
using Text = std::string;

constexpr std::string_view kUsage =
    "zcp report: a study as one page to look at, and as figures\n"
    "\n"
    "Joins scores and truth on the column arch as zcp correlate does. The "
    "page\n"
    "is one file that needs no network: who beats the baseline, intervals,\n"
    "scatter plots to brush, the best shares, proxies that rank alike, and\n"
    "accuracy for its cost.";

constexpr std::string_view kExample =
    "  zcp report --scores naslib.csv --truth nats_tss_accuracy.csv \\\n"
    "      --metric cifar100_test --baseline cifar10_params \\\n"
    "      --proxies cifar10_nwot,cifar10_synflow,cifar10_snip \\\n"
    "      --html report.html --figures figures\n"
    "\n"
    "on the table that zcp import nas-bench-suite-zero makes of NASLib's\n"
    "scores writes report.html, figures/*.svg, and to standard error\n"
    "\n"
    "  joined 725 architectures (0 of the scores without truth, 14900 of the\n"
    "  truth without scores)\n"
    "  population all: 725 architectures\n"
    "  cifar10_nwot beats cifar10_params on cifar100_test. cifar10_nwot gains\n"
    "  most: 0.060 [0.029, 0.091] of tau-b. ...\n"
    "  9 figures in figures";

constexpr const char* kShares = "0.5,0.3,0.2,0.1,0.05,0.02,0.01";

po::options_description make_options() {
  po::options_description options("Options");
  add_study_options(options, kShares);
  auto add = options.add_options();
  add("cost",
      po::value<Text>(),
      "columns of scores or truth that cost something, to filter by and to "
      "weigh against (default: those named params, macs, flops, latency or "
      "energy)");
  add("title", po::value<Text>(), "heads the page (default: both files)");
  add("html", po::value<Text>(), "the page (-: standard output)");
  add("figures", po::value<Text>(), "a folder for the figures (SVG)");
  return options;
}

report::ReportOptions report_options(const po::variables_map& values) {
  report::ReportOptions options;
  options.study = parse_study_options(values);
  if (values.count("cost") != 0) {
    options.costs = split_list(values["cost"].as<Text>());
    if (options.costs.empty()) throw UserError("--cost: expected a name");
  }
  if (values.count("title") != 0) options.title = values["title"].as<Text>();
  options.program = fmt::format("zcp {}", version());
  return options;
}

/// Whether the results can be written is asked before the long work.
void check_destinations(const po::variables_map& values) {
  if (values.count("html") == 0 && values.count("figures") == 0) {
    throw UserError("report: expected --html or --figures, or both");
  }
  if (values.count("html") != 0) {
    const auto html = values["html"].as<Text>();
    check_destination(html, values["scores"].as<Text>());
    check_destination(html, values["truth"].as<Text>());
  }
  if (values.count("figures") != 0) {
    report::make_figure_folder(values["figures"].as<Text>());
  }
}

void print_summary(const report::Report& made) {
  const study::JoinSummary& summary = made.study.summary;
  for (const std::string& note : made.study.notes) {
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
      made.options.study.population,
      summary.population);
  for (const report::Answer& answer : made.answers) {
    std::cerr << answer.headline << " " << answer.detail << "\n";
  }
}

}  // namespace

int make_report(const Arguments& arguments) {
  po::options_description options = make_options();
  po::variables_map values;
  if (!parse_options(arguments, kUsage, kExample, options, values)) return 0;
  report::ReportOptions wanted = report_options(values);
  const std::vector<study::Composite> made = parse_composites(values);
  check_destinations(values);
  const auto source = values["scores"].as<Text>();
  tables::Table scores = store::read_scores(source);
  const tables::Table truth = tables::read_table(values["truth"].as<Text>());
  study::add_composites(made, scores);
  if (!wanted.study.proxies.empty()) {
    for (const study::Composite& composite : made) {
      wanted.study.proxies.push_back(composite.name);
    }
  }
  const report::Report result =
      report::make_report(scores, truth, wanted, report::read_origin(source));
  if (values.count("quiet") == 0) print_summary(result);
  if (values.count("html") != 0) {
    write_output(values["html"].as<Text>(), [&](std::ostream& out) {
      report::write_page(out, result);
    });
  }
  if (values.count("figures") != 0) {
    const std::filesystem::path folder = values["figures"].as<Text>();
    const std::size_t count = report::write_figures(folder, result).size();
    if (values.count("quiet") == 0) {
      std::cerr << fmt::format("{} figures in {}\n", count, folder.string());
    }
  }
  return 0;
}

}  // namespace zcp::apps
