#include "apps/correlate/compose.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "analysis/study/proxy_columns.h"
#include "analysis/study/spec_names.h"
#include "apps/study_tables.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

using Text = std::string;

/// Proxies that --proxies names, under the names that all tables share.
void keep_asked_for(
    const std::vector<Text>& asked,
    std::vector<Text>& proxies) {
  if (asked.empty()) return;
  std::erase_if(proxies, [&](const Text& name) {
    return std::ranges::find(asked, name) == asked.end() &&
           std::ranges::find(asked, study::other_name(name)) == asked.end();
  });
}

/// Proxies that many architectures with a truth have no score of: there their
/// ties decide as much as the proxy.
void note_missing(const study::TravelTask& task, Composed& composed) {
  constexpr double kMany = 0.1;
  for (const Text& name : task.proxies) {
    const auto& values =
        task.scores.values[*study::find_column(task.scores, name)];
    std::size_t missing = 0;
    for (const std::size_t row : task.rows) {
      missing += std::isnan(values[row]) ? 1 : 0;
    }
    if (double(missing) <= kMany * double(task.rows.size())) continue;
    composed.notes.push_back(fmt::format(
        "{}: {} of {} architectures with {} have no score of {} and rank last",
        task.scores.source,
        missing,
        task.rows.size(),
        task.metric,
        name));
  }
}

/// The space of the scores, whose tuples the names of the truth tell apart.
Text space_name(const tables::Table& scores, const tables::Table& truth) {
  const std::vector<Text> found = study::spaces_of(scores, truth);
  return found.size() == 1 ? found.front() : scores.source;
}

study::TravelTask task_of(
    const tables::Table& scores,
    const Text& space,
    const study::JoinedStudy& joined,
    std::size_t metric,
    const std::vector<Text>& proxies,
    const std::vector<Text>& asked) {
  const study::JoinedMetric& own = joined.metrics[metric];
  study::TravelTask task;
  task.metric = own.metric;
  task.space = space;
  task.scores = study::scores_for_metric(scores, proxies, own.metric);
  task.truth = own.truth;
  for (const study::MatchedRow& row : own.rows) {
    task.rows.push_back(row.score_row);
  }
  task.proxies = task.scores.columns;
  keep_asked_for(asked, task.proxies);
  return task;
}

void add_tasks(
    const StudyRequest& request,
    const tables::Table& truth,
    const CorrelateOptions& options,
    std::vector<study::TravelTask>& tasks,
    Composed& composed) {
  const tables::Table scores = read_study_scores(request.scores, request);
  const study::JoinedStudy joined =
      study::join_study(scores, truth, request.study);
  for (const Text& note : study::notes_of_scores(scores, request.study)) {
    composed.notes.push_back(note);
  }
  const auto proxies = study::proxy_columns(scores, request.study).proxies;
  const Text space = space_name(scores, truth);
  for (std::size_t i = 0; i < joined.metrics.size(); ++i) {
    tasks.push_back(task_of(
        scores, space, joined, i, proxies, options.request.study.proxies));
    note_missing(tasks.back(), composed);
  }
}

/// What is left out must not be among what the composite is chosen on.
void require_different(const std::vector<study::TravelTask>& tasks) {
  std::set<std::pair<Text, Text>> seen;
  for (const study::TravelTask& task : tasks) {
    if (seen.emplace(task.space, task.metric).second) continue;
    throw UserError(
        "--compose: found {} of {} twice, expected each metric of a space once",
        task.metric,
        task.space);
  }
}

bool has_all(const study::TravelTask& task, const std::vector<Text>& names) {
  return std::ranges::all_of(names, [&](const Text& name) {
    return study::find_column(task.scores, name) ||
           study::find_column(task.scores, study::other_name(name));
  });
}

/// What is asked to be compared with has to be in a table; where it is in some
/// only, the others are named.
void note_absent(
    const Text& option,
    const Text& name,
    const std::vector<Text>& members,
    const std::vector<study::TravelTask>& tasks,
    Composed& composed) {
  std::set<Text> without;
  for (const study::TravelTask& task : tasks) {
    if (!has_all(task, members)) without.insert(task.space);
  }
  if (without.empty()) return;
  const bool none = std::ranges::none_of(
      tasks,
      [&](const study::TravelTask& task) { return has_all(task, members); });
  if (none) {
    throw UserError(
        "--{} {}: found no scores with {}",
        option,
        name,
        fmt::join(members, ", "));
  }
  composed.notes.push_back(fmt::format(
      "no {} for {}, whose scores lack {}",
      name,
      fmt::join(without, ", "),
      members.size() == 1 ? "it" : "a member"));
}

void require_compared(
    const CorrelateOptions& options,
    const std::vector<study::TravelTask>& tasks,
    Composed& composed) {
  const study::StudyOptions& study = options.request.study;
  if (study.baseline_required) {
    note_absent("baseline", study.baseline, {study.baseline}, tasks, composed);
  }
  for (const study::Composite& composite : options.request.composites) {
    note_absent(
        "composites", composite.name, composite.members, tasks, composed);
  }
}

}  // namespace

Composed compose(const CorrelateOptions& options) {
  const ComposeRequest& asked = *options.compose;
  const auto& first = asked.studies.front().study.metrics;
  const bool shared = std::ranges::all_of(
      asked.studies,
      [&](const StudyRequest& study) { return study.study.metrics == first; });
  std::vector<tables::Table> truths;
  for (const StudyRequest& study : asked.studies) {
    truths.push_back(read_study_truth(study));
  }
  Composed composed;
  std::vector<study::TravelTask> tasks;
  for (std::size_t i = 0; i < truths.size(); ++i) {
    StudyRequest request = asked.studies[i];
    // One list of metrics is for all tables.
    if (shared) keep_own_metrics(request, truths[i], truths);
    add_tasks(request, truths[i], options, tasks, composed);
  }
  require_different(tasks);
  require_compared(options, tasks, composed);
  composed.found = study::choose_travelling(tasks, asked.travel);
  return composed;
}

}  // namespace zcp::apps
