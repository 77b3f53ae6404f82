#include "analysis/report/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>
#include <tuple>
#include <utility>

#include "analysis/store/open_store.h"
#include "analysis/study/join.h"
#include "analysis/study/proxy_columns.h"
#include "common/error.h"

namespace zcp::report {
namespace {

namespace fs = std::filesystem;

std::vector<Reason> reasons_of(const store::ScoreStore& store) {
  std::map<std::tuple<std::string, std::string, std::string>, std::size_t>
      counts;
  for (const store::ScoreRecord& record : store.find()) {
    if (record.status == ScoreStatus::ok) continue;
    ++counts[{
        record.proxy, std::string(to_text(record.status)), record.reason}];
  }
  std::vector<Reason> reasons;
  for (const auto& [key, count] : counts) {
    const auto& [proxy, status, reason] = key;
    reasons.push_back({proxy, status, reason, count});
  }
  return reasons;
}

std::size_t position(
    const std::vector<std::string>& names,
    const std::string& name) {
  return static_cast<std::size_t>(
      std::find(names.begin(), names.end(), name) - names.begin());
}

/// The columns of the scores that a report shows, all of which exist.
std::vector<std::size_t> shown_columns(
    const tables::Table& scores,
    const ReportOptions& options) {
  std::vector<std::size_t> shown;
  const auto add = [&](std::size_t column) {
    if (column < scores.columns.size() &&
        std::ranges::find(shown, column) == shown.end()) {
      shown.push_back(column);
    }
  };
  for (const std::string& name :
       study::proxy_columns(scores, options.study).proxies) {
    add(position(scores.columns, name));
  }
  for (const std::string& name : options.costs) {
    add(position(scores.columns, name));
  }
  return shown;
}

void check_costs(
    const tables::Table& scores,
    const tables::Table& truth,
    const std::vector<std::string>& costs) {
  std::vector<std::string> known = scores.columns;
  known.insert(known.end(), truth.columns.begin(), truth.columns.end());
  for (const std::string& cost : costs) {
    if (std::ranges::find(known, cost) != known.end()) continue;
    const std::string near = nearest_name(cost, known);
    throw UserError(
        "--cost {}: no such column in {} or {}{}",
        cost,
        scores.source,
        truth.source,
        near.empty() ? "" : ", did you mean " + near + "?");
  }
}

class Columns {
 public:
  Columns(
      const ReportOptions& options,
      const std::vector<study::MatchedRow>& members)
      : options_(options), members_(members) {}

  void add_score(const tables::Table& scores, std::size_t column) {
    add(scores, column, true, &study::MatchedRow::score_row);
  }

  void add_truth(const tables::Table& truth, std::size_t column) {
    add(truth, column, false, &study::MatchedRow::truth_row);
  }

  std::vector<ReportColumn> take() { return std::move(columns_); }

 private:
  void add(
      const tables::Table& table,
      std::size_t column,
      bool score,
      std::size_t study::MatchedRow::*row) {
    ReportColumn made;
    made.name = table.columns[column];
    made.score = score;
    const auto& costs = options_.costs;
    made.cost = costs.empty()
                    ? is_cost(made.name)
                    : std::ranges::find(costs, made.name) != costs.end();
    made.values.reserve(members_.size());
    for (const study::MatchedRow& member : members_) {
      made.values.push_back(table.values[column][member.*row]);
    }
    columns_.push_back(std::move(made));
  }

  const ReportOptions& options_;
  const std::vector<study::MatchedRow>& members_;
  std::vector<ReportColumn> columns_;
};

Similarity similarity_of(const Report& report) {
  std::vector<std::string> names;
  std::vector<std::vector<double>> columns;
  for (const ReportColumn& column : report.columns) {
    if (!column.score) continue;
    names.push_back(column.name);
    columns.push_back(column.values);
  }
  return compare_proxies(names, columns, report.options.study.missing);
}

std::vector<Answer> answers_of(const Report& report) {
  std::vector<Answer> answers;
  for (const std::string& metric : report.options.study.metrics) {
    std::vector<study::StudyRow> rows;
    for (const study::StudyRow& row : report.study.rows) {
      if (row.metric == metric) rows.push_back(row);
    }
    answers.push_back(answer_of(rows, report.options.study));
  }
  return answers;
}

/// Shows the baseline beside the proxies that were asked for.
void add_baseline(study::StudyOptions& study, const tables::Table& scores) {
  if (study.proxies.empty()) return;
  const auto in = [&](const std::vector<std::string>& names) {
    return std::ranges::find(names, study.baseline) != names.end();
  };
  if (in(scores.columns) && !in(study.proxies)) {
    study.proxies.push_back(study.baseline);
  }
}

/// Notes where the scores cover only a part of the truth: the answer is about
/// that part.
void note_coverage(study::Study& study) {
  const study::JoinSummary& summary = study.summary;
  if (summary.truth_only == 0) return;
  study.notes.push_back(fmt::format(
      "The scores cover {} of the truth's {} architectures: the answer is "
      "about "
      "those, and unless they were drawn at random, about no others.",
      summary.joined,
      summary.joined + summary.truth_only));
}

std::string file_name(const std::string& path) {
  return path == "-" ? "standard input" : fs::path(path).filename().string();
}

/// The name of a file without folder and without what .csv.gz and the like
/// add. A sweep that is shipped is named as it was asked for.
std::string study_name(const std::string& path) {
  std::string name = file_name(path);
  constexpr std::array kEndings{".gz", ".csv", ".tsv", ".sqlite", ".db"};
  for (const char* ending : kEndings) {
    const std::string_view end(ending);
    if (name.size() > end.size() && name.ends_with(end)) {
      name.resize(name.size() - end.size());
    }
  }
  return name;
}

/// Whether another report has the name of this one.
bool shares_name(const std::vector<Report>& reports, const Report& report) {
  return std::ranges::count(reports, report.name, &Report::name) > 1;
}

}  // namespace

void tell_apart(std::vector<Report>& reports) {
  std::vector<std::string> names;
  for (const Report& report : reports) {
    const std::string with_truth =
        fmt::format("{}, {}", report.name, study_name(report.truth));
    names.push_back(shares_name(reports, report) ? with_truth : report.name);
  }
  for (std::size_t i = 0; i < reports.size(); ++i) reports[i].name = names[i];
  for (std::size_t i = 0; i < reports.size(); ++i) {
    const auto before = static_cast<std::size_t>(std::count(
        names.begin(),
        names.begin() + static_cast<std::ptrdiff_t>(i),
        names[i]));
    if (before > 0) reports[i].name += fmt::format(" ({})", before + 1);
  }
}

Origin read_origin(const std::string& scores) {
  Origin origin;
  origin.source = scores;
  if (!store::is_sqlite_file(scores)) return origin;
  const store::ScoreStore store = store::ScoreStore::read(scores);
  origin.store = true;
  origin.protocol = store.protocol();
  origin.runs = store.runs();
  origin.reasons = reasons_of(store);
  return origin;
}

bool is_cost(const std::string& column) {
  std::string name = column;
  std::ranges::transform(name, name.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  constexpr std::array kParts{"params", "macs", "flops", "latency", "energy"};
  return std::ranges::any_of(kParts, [&](const char* part) {
    return name.find(part) != std::string::npos;
  });
}

Report make_report(
    const tables::Table& scores,
    const tables::Table& truth,
    const ReportOptions& options,
    Origin origin) {
  check_costs(scores, truth, options.costs);
  Report report;
  report.name = study_name(origin.source);
  report.options = options;
  add_baseline(report.options.study, scores);
  report.study = study::run_study(scores, truth, report.options.study);
  note_coverage(report.study);
  report.origin = std::move(origin);
  report.truth = truth.source;
  report.title = !options.title.empty() ? options.title
                                        : fmt::format(
                                              "{} against {}",
                                              file_name(report.origin.source),
                                              file_name(truth.source));
  for (const study::MatchedRow& member : report.study.members) {
    report.arch.push_back(truth.arch[member.truth_row]);
  }
  Columns columns(options, report.study.members);
  for (const std::size_t column : shown_columns(scores, report.options)) {
    columns.add_score(scores, column);
  }
  for (std::size_t i = 0; i < truth.columns.size(); ++i) {
    columns.add_truth(truth, i);
  }
  report.columns = columns.take();
  report.answers = answers_of(report);
  report.summary = summary_of(report.study.rows, options.study);
  report.similarity = similarity_of(report);
  return report;
}

}  // namespace zcp::report
