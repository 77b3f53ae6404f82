#include "analysis/report/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>
#include <set>
#include <utility>

#include "analysis/report/figures.h"
#include "analysis/report/page.h"
#include "analysis/study/join.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "apps/search/stored.h"
#include "apps/shipped_scores.h"
#include "apps/study_options.h"
#include "apps/study_tables.h"
#include "apps/version.h"
#include "benchmarks/tables/table.h"
#include "common/destination.h"
#include "common/error.h"
#include "common/file_identity.h"

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
    "accuracy for its cost. Several scores make one page that sets their\n"
    "studies side by side. --search makes one of a search.\n"
    "\n"
    "A proxy beats the baseline where the interval of the difference of tau\n"
    "lies above zero and p (Holm), which is corrected for the number of\n"
    "proxies tried, is below .05. Over fewer than 10 architectures there is\n"
    "no interval, p-value or verdict.";

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
  options.add_options()(
      "scores",
      po::value<std::vector<Text>>()->composing(),
      "the scores: a store, a CSV with a column arch (-: standard input; .gz "
      "is decompressed), or a sweep that is shipped, as nats-tss:gaussian "
      "(zcp spaces lists those there are); may be repeated, for several "
      "studies on one page")(
      "truth",
      po::value<std::vector<Text>>()->composing(),
      "the truth: a CSV with a column arch; one for all scores, or one for "
      "each in the same order")(
      "search",
      po::value<Text>(),
      "instead of a study, make a page (--html) of the last search of this "
      "store: its course, front, winner and what each operation does; nothing "
      "is computed");
  add_study_options(
      options,
      {"metric",
       "key",
       "key-scores",
       "key-truth",
       "proxies",
       "composites",
       "baseline",
       "top",
       "population",
       "drop-dead",
       "missing",
       "bootstrap",
       "interval",
       "seed"},
      kShares);
  auto add = options.add_options();
  add("cost",
      po::value<Text>(),
      "columns of scores or truth that are costs, to filter by and to set "
      "against accuracy (default: those with params, macs, flops, latency or "
      "energy in their name)");
  add("title",
      po::value<Text>(),
      "the title of the page (default: the names of both files)");
  add("html", po::value<Text>(), "the file for the page (-: standard output)");
  add("figures", po::value<Text>(), "a folder for the figures (SVG)");
  return options;
}

/// What `zcp report` was asked for.
struct ReportRequest {
  std::vector<StudyRequest> studies;  ///< not empty, alike but for their files
  std::vector<Text> costs;  ///< columns; empty: those whose names say so
  Text title;               ///< empty: names the files
  std::optional<Text> html;
  std::optional<Text> figures;
  bool quiet = false;
};

ReportRequest parse_report_request(const po::variables_map& values) {
  ReportRequest asked;
  const StudyRequest request = parse_study_request(values);
  const auto scores = values["scores"].as<std::vector<Text>>();
  const auto truths = one_for_each(values, "truth", scores.size());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    asked.studies.push_back(request);
    asked.studies.back().scores = scores[i];
    asked.studies.back().truth = truths[i];
  }
  std::vector<NamedInput> inputs;
  for (const StudyRequest& study : asked.studies) {
    inputs.push_back({"scores", study.scores});
    // A truth that all studies share is read once.
    const bool shared = study.truth == truths.front();
    if (!shared || inputs.size() == 1) inputs.push_back({"truth", study.truth});
  }
  refuse_standard_input_twice(inputs);
  asked.costs = list_option(values, "cost");
  asked.title = text_option(values, "title").value_or("");
  asked.html = text_option(values, "html");
  asked.figures = text_option(values, "figures");
  asked.quiet = values.count("quiet") != 0;
  if (!asked.html && !asked.figures) {
    throw UserError("report: expected --html or --figures, or both");
  }
  return asked;
}

/// The figures that may be replaced in their folder, and one that is always
/// written.
std::vector<Text> figure_names(const Text& folder) {
  std::vector<Text> names = {"similarity.svg"};
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    Text name = entry.path().filename();
    if (name.ends_with(".svg") && name != names[0]) {
      names.push_back(std::move(name));
    }
  }
  return names;
}

/// Whether the results can be written is asked before the long work.
void check_outputs(const ReportRequest& asked) {
  std::vector<Text> inputs;
  for (const StudyRequest& request : asked.studies) {
    inputs.push_back(request.scores);
    inputs.push_back(request.truth);
  }
  if (asked.html) check_destinations({&*asked.html, 1}, inputs);
  if (!asked.figures) return;
  if (asked.html && is_same_file(*asked.html, *asked.figures)) {
    throw UserError(
        "--html {}: --figures is to make a folder of that name; give one of "
        "them another",
        *asked.html);
  }
  report::make_figure_folder(*asked.figures);
  if (asked.html) inputs.push_back(*asked.html);
  check_destinations_in(*asked.figures, figure_names(*asked.figures), inputs);
}

report::Report make(
    const ReportRequest& asked,
    const StudyRequest& request,
    const tables::Table& truth) {
  report::ReportOptions options;
  options.study = request.study;
  options.costs = asked.costs;
  options.title = asked.title;
  options.program = fmt::format("zcp {}", version());
  const Text& source = request.scores;
  const tables::Table scores = read_study_scores(source, request, asked.costs);
  report::Origin origin = report::read_origin(source);
  origin.described = shipped_protocol(source, shipped_folders());
  return report::make_report(scores, truth, options, std::move(origin));
}

std::vector<report::Report> make_all(const ReportRequest& asked) {
  std::vector<tables::Table> truths;
  for (const StudyRequest& request : asked.studies) {
    const bool known =
        !truths.empty() && request.truth == asked.studies[0].truth;
    truths.push_back(known ? truths[0] : read_study_truth(request));
  }
  std::vector<report::Report> made;
  for (std::size_t i = 0; i < asked.studies.size(); ++i) {
    StudyRequest request = asked.studies[i];
    keep_own_metrics(request, truths[i], truths);
    made.push_back(make(asked, request, truths[i]));
  }
  report::tell_apart(made);
  return made;
}

void print_answers(const report::Report& made) {
  print_notes(made.study.notes);
  print_join_summary(made.study, made.options.study);
  for (const report::Answer& answer : made.answers) {
    std::cerr << answer.headline << " " << answer.detail << "\n";
  }
}

/// What heads the page of several studies.
Text page_title(
    const std::vector<report::Report>& made,
    const ReportRequest& asked) {
  if (made.size() == 1 || !asked.title.empty()) return made.front().title;
  std::vector<Text> names;
  for (const report::Report& one : made) names.push_back(one.name);
  return fmt::format("{}", fmt::join(names, " / "));
}

/// The folder of each study's figures: one of its own where there are several.
/// Names of studies may differ in nothing but characters that those of files do
/// not have: then a number tells them apart.
std::vector<std::filesystem::path> figure_folders(
    const std::vector<report::Report>& made,
    const Text& folder) {
  if (made.size() == 1) return {folder};
  std::vector<std::filesystem::path> folders;
  std::set<Text> taken;
  for (const report::Report& one : made) {
    const Text name = report::file_part(one.name);
    Text own = name;
    for (int i = 2; !taken.insert(own).second; ++i) {
      own = fmt::format("{}-{}", name, i);
    }
    folders.push_back(std::filesystem::path(folder) / own);
  }
  return folders;
}

void write_results(
    const std::vector<report::Report>& made,
    const ReportRequest& asked) {
  if (asked.html) {
    write_output(*asked.html, [&](std::ostream& out) {
      report::write_page(out, made, page_title(made, asked));
    });
  }
  if (!asked.figures) return;
  std::size_t count = 0;
  const auto folders = figure_folders(made, *asked.figures);
  for (std::size_t i = 0; i < made.size(); ++i) {
    count += report::write_figures(folders[i], made[i]).size();
  }
  if (asked.quiet) return;
  std::cerr << fmt::format("{} figures in {}\n", count, *asked.figures);
}

/// The page of a search: the same search again, which finds in its store all
/// that it evaluated.
int report_search(const po::variables_map& values) {
  for (const auto& [name, value] : values) {
    const bool goes = name == "search" || name == "html" || name == "quiet";
    if (goes || value.defaulted() || value.empty()) continue;
    throw UserError("--{}: does not go with --search", name);
  }
  const auto html = text_option(values, "html");
  if (!html) throw UserError("report --search: expected --html");
  Arguments again = stored_search(values["search"].as<Text>());
  again.insert(again.end(), {"--stored", "--html", *html});
  if (is_given(values, "quiet")) again.emplace_back("--quiet");
  return search(again);
}

}  // namespace

int make_report(const Arguments& arguments) {
  po::options_description options = make_options();
  po::variables_map values;
  if (!parse_options(arguments, kUsage, kExample, options, values)) return 0;
  if (values.count("search") != 0) return report_search(values);
  const ReportRequest asked = parse_report_request(values);
  check_outputs(asked);
  const std::vector<report::Report> made = make_all(asked);
  for (const report::Report& one : made) {
    if (asked.quiet) break;
    if (made.size() > 1) std::cerr << "study " << one.name << ":\n";
    print_answers(one);
  }
  write_results(made, asked);
  return 0;
}

}  // namespace zcp::apps
