// What a study answers, in words that claim no more than its intervals.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/study/study.h"

namespace zcp::report {

/// A proxy beside the baseline.
enum class Verdict {
  beats,      ///< the interval of the difference of tau lies above zero and
              ///< Holm's adjusted p is below .05
  undecided,  ///< neither beats nor trails
  trails,     ///< the interval lies below zero
  baseline,   ///< it is the baseline
  unknown,    ///< there is no interval of the difference, or there are
              ///< fewer than statistics::kLeastRows architectures
};

/// "beats", "undecided", "trails", "baseline", "unknown".
std::string_view to_text(Verdict verdict);

Verdict verdict_of(const study::StudyRow& row, const std::string& baseline);

/// The answer among some of the architectures.
struct SubsetAnswer {
  std::string subset;    ///< as StudyRow has it
  std::string headline;  ///< as Answer's, of that subset
  std::string detail;
};

/// The answer for one metric.
struct Answer {
  std::string metric;
  std::string headline;  ///< one sentence: who beats the baseline
  std::string detail;    ///< by how much, and how many do not
  /// The same among the best by truth; empty without such a subset.
  std::string best;
  std::vector<SubsetAnswer> among = {};  ///< of every subset but `all`
};

/// "counting parameters" for the baseline `params`, else its name.
std::string describe_baseline(const std::string& baseline);

/// Answers from the rows of one metric, whatever their subsets; `rows` is not
/// empty.
Answer answer_of(
    std::span<const study::StudyRow> rows,
    const study::StudyOptions& options);

/// One sentence over all metrics of a study: which proxies beat the baseline
/// on each. Empty for a single metric.
std::string summary_of(
    std::span<const study::StudyRow> rows,
    const study::StudyOptions& options);

/// The least p-value that Holm's adjustment can give the best of `proxies`
/// after `draws`.
double least_p_value(std::size_t draws, std::size_t proxies);

}  // namespace zcp::report
