#include "apps/study_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "analysis/store/open_store.h"
#include "analysis/store/read_scores.h"
#include "analysis/study/composite.h"
#include "apps/dead.h"
#include "apps/shipped_scores.h"
#include "benchmarks/formats/csv.h"

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

}  // namespace

tables::Table read_study_scores(
    const std::string& path,
    const StudyRequest& request,
    const std::vector<std::string>& more) {
  const std::string file = scores_path(path, shipped_folders());
  tables::Table scores = store::is_sqlite_file(file)
                             ? store::read_scores(file)
                             : read_scores_csv(file, request, more);
  if (request.drop_dead) drop_dead(scores, file, request.space);
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
  return tables::parse_columns(text, source, wanted, key);
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
