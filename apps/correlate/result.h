// What `zcp correlate` finds.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "analysis/published/published.h"
#include "analysis/study/correlation_matrix.h"
#include "analysis/study/cost_trade_off.h"
#include "analysis/study/ensemble.h"
#include "analysis/study/stability.h"
#include "analysis/study/study.h"
#include "apps/correlate/options.h"

namespace zcp::apps {

/// Tau of one proxy with one metric in each of several runs.
struct RunTaus {
  std::string proxy;
  std::string metric;
  std::vector<double> tau;  ///< a run each
};

/// A paper's numbers beside ours.
struct PublishedComparison {
  published::PublishedChoice choice;
  std::vector<published::PublishedRow> rows;
};

/// What was asked for; parts that were not are empty.
struct CorrelateResult {
  CorrelateOptions options;
  study::Study study;
  std::vector<PublishedComparison> published;  ///< a table each
  /// How the scores were made, for the reader of these; empty: not known.
  std::string protocol;
  std::optional<study::CorrelationMatrix> matrix;
  std::size_t matrix_rows = 0;  ///< architectures it is over
  std::vector<study::Stability> stability;
  std::vector<RunTaus> run_taus;  ///< of the runs that `stability` is over
  std::vector<study::EnsembleResult> ensembles;
  std::vector<study::CostTradeOff> costs;
};

/// Reads the tables and does what the options ask for. Throws UserError for
/// wrong options and tables.
CorrelateResult run_correlate(const CorrelateOptions& options);

}  // namespace zcp::apps
