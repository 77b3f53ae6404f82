// Every proxy on one metric in one subset: its correlations, and how it
// compares with the baseline and with the other proxies.
#pragma once

#include <string>
#include <vector>

#include "analysis/study/join.h"
#include "analysis/study/study.h"

namespace zcp::study {

struct Findings {
  std::vector<StudyRow> rows;  ///< of the columns to report on, in their order
  std::vector<PairDifference> differences;  ///< of every two, if asked for
};

/// `joined` has the rows of the subset alone; `subset` is its name. Intervals
/// and p-values depend on the options' seed alone, not on threads.
Findings compare_on_subset(
    const JoinedMetric& joined,
    const std::string& subset,
    const StudyOptions& options);

}  // namespace zcp::study
