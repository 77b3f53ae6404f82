#include "apps/study_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>

#include "analysis/store/open_store.h"
#include "analysis/store/read_scores.h"
#include "analysis/study/composite.h"
#include "apps/dead.h"
#include "apps/shipped_scores.h"
#include "apps/table_columns.h"
#include "benchmarks/formats/csv.h"
#include "common/error.h"

namespace zcp::apps {

namespace {

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

/// The columns that the request speaks of; none where it leaves the choice of
/// proxies open, or names one that is not there and is looked for elsewhere.
std::vector<std::string> columns_asked_for(
    const StudyRequest& request,
    const std::vector<std::string>& header,
    std::vector<std::string> more) {
  const study::StudyOptions& study = request.study;
  if (study.proxies.empty()) return {};
  std::vector<std::string> composites;
  for (const study::Composite& composite : request.composites) {
    composites.push_back(composite.name);
    for (const std::string& member : composite.members) {
      more.push_back(member);
      more.push_back(study::other_name(member));
    }
  }
  std::vector<std::string> names;
  for (const std::string& proxy : study.proxies) {
    if (!has(composites, proxy)) names.push_back(proxy);
  }
  if (study.baseline_required && !has(composites, study.baseline)) {
    names.push_back(study.baseline);
  }
  for (const std::string& name : names) {
    if (!has(header, name)) return {};
  }
  more.push_back(study.baseline);
  for (const study::Bins& bins : study.bins) more.push_back(bins.column);
  for (const study::Range& range : study.ranges) more.push_back(range.column);
  for (const std::string& name : more) {
    if (has(header, name) && !has(names, name)) names.push_back(name);
  }
  return names;
}

tables::Table read_scores_csv(
    const std::string& path,
    const StudyRequest& request,
    const std::vector<std::string>& more) {
  const std::string& key = request.key_scores;
  const std::string text = formats::read_text(path);
  const std::string source = formats::source_name(path);
  const std::vector<std::string> header =
      tables::column_names(text, source, {&key, 1});
  return tables::parse_columns(
      text, source, columns_asked_for(request, header, more), key);
}

/// Ranks are among the architectures that have every member: one that lacks a
/// column of a truth has no sum, where one without a score would rank last.
void add_computed(const study::Objective& sum, tables::Table& truth) {
  if (study::find_column(truth, sum.name)) {
    throw UserError(
        "--metric {}: {} has a column of that name, expected another",
        sum.name,
        truth.source);
  }
  std::vector<bool> whole(truth.arch.size(), true);
  for (const std::string& member : sum.columns()) {
    const std::size_t column = study::require_column(truth, member, "metric");
    for (std::size_t row = 0; row < whole.size(); ++row) {
      if (std::isnan(truth.values[column][row])) whole[row] = false;
    }
  }
  tables::Table rows = truth;
  keep_rows(whole, rows);
  const std::vector<double> sums = study::objective_values(sum, rows);
  std::vector<double> values(whole.size(), std::nan(""));
  std::size_t next = 0;
  for (std::size_t row = 0; row < whole.size(); ++row) {
    if (whole[row]) values[row] = sums[next++];
  }
  truth.columns.push_back(sum.name);
  truth.values.push_back(std::move(values));
}

/// The truth for its names alone, which say of which space tuples are; empty
/// without a truth. It is read again where its numbers are needed, which
/// standard input and pipes do not allow.
tables::Table truth_names(const StudyRequest& request) {
  if (request.truth.empty()) return {};
  if (!std::filesystem::is_regular_file(request.truth)) {
    throw UserError(
        "--drop-dead: only the names of --truth {} say of which space the "
        "tuples of the scores are, expected a regular file there",
        request.truth);
  }
  return tables::parse_table(
      formats::read_text(request.truth),
      formats::source_name(request.truth),
      {},
      request.key_truth);
}

}  // namespace

tables::Table read_study_scores(
    const std::string& path,
    const StudyRequest& request,
    const std::vector<std::string>& more) {
  const std::string file = scores_path(path, shipped_folders());
  tables::Table scores = store::is_sqlite_file(file)
                             ? store::read_scores(file)
                             : read_scores_csv(file, request, more);
  if (request.drop_dead) {
    drop_dead(
        scores, file, request.space, [&] { return truth_names(request); });
  }
  study::add_composites(request.composites, scores);
  return scores;
}

tables::Table read_study_truth(
    const StudyRequest& request,
    const ChooseColumns& choose) {
  const std::string& key = request.key_truth;
  const std::string text = formats::read_text(request.truth);
  const std::string source = formats::source_name(request.truth);
  std::vector<std::string> wanted;
  if (choose) wanted = choose(tables::column_names(text, source, {&key, 1}));
  for (const study::Objective& sum : request.computed_metrics) {
    if (std::erase(wanted, sum.name) == 0) continue;
    for (const std::string& member : sum.columns()) {
      if (!has(wanted, member)) wanted.push_back(member);
    }
  }
  tables::Table truth = tables::parse_columns(text, source, wanted, key);
  for (const study::Objective& sum : request.computed_metrics) {
    add_computed(sum, truth);
  }
  return truth;
}

void print_notes(const std::vector<std::string>& notes) {
  for (const std::string& note : notes) {
    std::cerr << "zcp: note: " << note << "\n";
  }
}

void print_join_summary(
    const study::Study& study,
    const study::StudyOptions& options) {
  const study::JoinSummary& summary = study.summary;
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
}

void keep_own_metrics(
    StudyRequest& request,
    const tables::Table& own,
    std::span<const tables::Table> truths) {
  std::vector<std::string> chosen;
  for (const std::string& metric : request.study.metrics) {
    const bool elsewhere =
        std::ranges::any_of(truths, [&](const tables::Table& truth) {
          return study::find_column(truth, metric).has_value();
        });
    if (study::find_column(own, metric) || !elsewhere) chosen.push_back(metric);
  }
  if (!chosen.empty()) request.study.metrics = chosen;
}

}  // namespace zcp::apps
