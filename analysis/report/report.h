// A report: a study with everything its page and its figures show.
//
// All statistics are computed by the program. The page itself computes only
// what depends on the selection that its reader makes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/report/similarity.h"
#include "analysis/report/verdict.h"
#include "analysis/store/protocol.h"
#include "analysis/store/score_store.h"
#include "analysis/study/study.h"
#include "benchmarks/tables/table.h"

namespace zcp::report {

/// Why scores of one proxy are missing, and how many.
struct Reason {
  std::string proxy;
  std::string status;
  std::string reason;
  std::size_t count = 0;
};

/// Where scores come from. A CSV names no protocol, run or reason.
struct Origin {
  std::string source;     ///< the file, as named
  std::string described;  ///< what the program says of scores of its own
  bool store = false;
  store::Protocol protocol;
  std::vector<store::Run> runs;
  std::vector<Reason> reasons;
};

/// What the file of scores says about how they were made. `-` and every file
/// that is no store is taken for a CSV. Throws as ScoreStore::read.
Origin read_origin(const std::string& scores);

struct ReportOptions {
  study::StudyOptions study;
  /// Columns of scores or truth that cost something, to filter by and to weigh
  /// against; empty: those whose name says so (see is_cost).
  std::vector<std::string> costs;
  std::string title;    ///< empty: names both files
  std::string program;  ///< name and version, for the foot of the page
};

/// One column over the architectures of a report; NaN where it has no value.
struct ReportColumn {
  std::string name;
  bool score = false;  ///< of the scores (a proxy), else of the truth
  bool cost = false;
  std::vector<double> values;
};

struct Report {
  /// Tells the study from others on one page: the file of the scores without
  /// folder and ending.
  std::string name;
  ReportOptions options;
  std::string title;
  Origin origin;
  std::string truth;  ///< the file, as named
  /// The architectures of the population, in the order of the truth.
  std::vector<std::string> arch;
  /// The proxies asked for, the baseline among them, costs of the scores, then
  /// the truth's columns.
  std::vector<ReportColumn> columns;
  study::Study study;
  std::vector<Answer> answers;  ///< one a metric
  std::string summary;          ///< over the metrics
  Similarity similarity;        ///< of the proxies, over `arch`
};

/// Gives studies that share a name names that differ: with the file of their
/// truth, else with a number.
void tell_apart(std::vector<Report>& reports);

/// True for names with a part such as params, macs, flops, latency, energy.
bool is_cost(const std::string& column);

/// Runs the study and collects what a report shows. Throws UserError as
/// run_study does, and for a cost that is no column.
Report make_report(
    const tables::Table& scores,
    const tables::Table& truth,
    const ReportOptions& options,
    Origin origin);

}  // namespace zcp::report
