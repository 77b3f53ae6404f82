// What `zcp correlate` finds, and how it is printed.
#pragma once

#include <boost/program_options.hpp>
#include <optional>
#include <string>
#include <vector>

#include "analysis/published/published.h"
#include "analysis/study/ensemble.h"
#include "analysis/study/matrix.h"
#include "analysis/study/pareto.h"
#include "analysis/study/stability.h"
#include "analysis/study/study.h"

namespace zcp::apps {

/// Tau of one proxy with one metric in each of several runs.
struct RunTaus {
  std::string proxy;
  std::string metric;
  std::vector<double> tau;
};

/// What was asked for; parts that were not are empty.
struct CorrelateResult {
  study::StudyOptions options;
  study::Study study;
  std::optional<published::PublishedChoice> published;
  std::vector<published::PublishedRow> published_rows;
  std::optional<study::ColumnMatrix> matrix;
  bool print_matrix = false;
  std::size_t matrix_rows = 0;  ///< architectures it is over
  double alike = 0;             ///< mean |tau| of its clusters, at least
  std::vector<study::Stability> stability;
  std::vector<RunTaus> run_taus;  ///< of the runs that `stability` is over
  std::vector<study::EnsembleResult> ensembles;
  std::vector<study::CostTradeOff> costs;
};

/// Reads the tables and does what the options of `zcp correlate` ask for.
/// Throws UserError for wrong options and tables.
CorrelateResult run_correlate(
    const boost::program_options::variables_map& values);

/// Tables on standard output, within 100 columns but for the first kind.
void print_text(const CorrelateResult& result);

/// The tables behind those of the study.
void print_other_tables(const CorrelateResult& result);

/// An array on standard output, an object a proxy, metric and subset. What is
/// said of a metric or a subset as a whole is in each of its objects. Without
/// truth an object a proxy.
void print_json(const CorrelateResult& result);

/// How many architectures there were, and notes, on standard error.
void print_summary(const CorrelateResult& result);

}  // namespace zcp::apps
