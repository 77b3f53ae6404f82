// Figures of a study as SVG, for a page or a paper.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

#include "analysis/study/study.h"

namespace zcp::report {

/// A forest plot: a panel for each (metric, subset), a line for each proxy from
/// the lower to the upper end of the interval of Kendall's tau, a dot at tau,
/// and a dashed line at the baseline's tau. Dots of proxies that beat the
/// baseline, by the rule of verdict.h, are filled. Proxies without a tau are
/// named and have no dot.
void write_forest_plot(
    std::ostream& out,
    std::span<const study::StudyRow> rows,
    const std::string& baseline);

}  // namespace zcp::report
