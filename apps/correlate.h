// What `zcp correlate` found, and how it is printed.
#pragma once

#include <optional>
#include <vector>

#include "analysis/published.h"
#include "analysis/study.h"

namespace zcp::apps {

/// What was asked for; parts that were not are empty.
struct CorrelateResult {
  analysis::StudyOptions options;
  analysis::Study study;
  std::optional<analysis::PublishedChoice> published;
  std::vector<analysis::PublishedRow> published_rows;
};

/// Tables on standard output, within 100 columns but for the first kind.
void print_text(const CorrelateResult& result);

/// An array on standard output, an object a proxy, metric and subset. What is
/// said of a metric or a subset as a whole is in each of its objects.
void print_json(const CorrelateResult& result);

/// How many architectures there were, and notes, on standard error.
void print_summary(
    const analysis::Study& study,
    const analysis::StudyOptions& options);

}  // namespace zcp::apps
