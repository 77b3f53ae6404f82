// The views of a report as static SVG, for papers.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "analysis/report/report.h"

namespace zcp::report {

/// A forest plot of the difference of tau to the baseline's, over the whole
/// population: filled where a proxy beats the baseline, open where that is
/// undecided, grey where it trails.
void write_difference_figure(
    std::ostream& out,
    const Report& report,
    const std::string& metric);

/// Tau of each proxy among the best by truth. The baseline and the proxies
/// with the greatest tau over all are in colour, with intervals.
void write_curve_figure(
    std::ostream& out,
    const Report& report,
    const std::string& metric);

/// A proxy against a metric: points, or counts in hexagons where there are
/// many.
void write_scatter_figure(
    std::ostream& out,
    const Report& report,
    const std::string& proxy,
    const std::string& metric);

/// Tau between each two proxies.
void write_similarity_figure(std::ostream& out, const Report& report);

/// A metric against a cost: all architectures, the truly best for each cost
/// and those that proxies would choose.
void write_pareto_figure(
    std::ostream& out,
    const Report& report,
    const std::string& metric,
    const ReportColumn& cost);

/// A score against a cost, and the front of the two.
struct Front {
  std::string name;               ///< of the score
  std::string cost;               ///< of the cost, lower is better
  std::vector<double> values;     ///< of the score, an architecture each
  std::vector<double> costs;      ///< likewise
  std::vector<std::size_t> rows;  ///< on the front, by ascending cost
};

/// All architectures and the steps of the front.
void write_front_figure(std::ostream& out, const Front& front);

/// Proxies by descending tau over the whole population, the baseline left out;
/// those without a tau are last.
std::vector<std::string> ranked_proxies(
    const Report& report,
    const std::string& metric);

/// The values of a column of the scores (or of the truth). Throws
/// std::invalid_argument for an unknown one.
const std::vector<double>&
column_values(const Report& report, const std::string& name, bool score);

/// A name as part of a file's: what is no letter, digit, `_` or `.` becomes
/// `_`.
std::string file_part(const std::string& name);

/// All figures as files of `folder`, which is made when its parent is there:
/// `difference-METRIC.svg`, `top-METRIC.svg`, `scatter-METRIC-PROXY.svg`,
/// `pareto-METRIC-COST.svg` and `similarity.svg`; characters of names other
/// than letters, digits, `_` and `.` become `_`. Returns the names. Throws
/// UserError when the folder or a file cannot be written.
std::vector<std::string> write_figures(
    const std::filesystem::path& folder,
    const Report& report);

/// Makes the folder of write_figures. Throws UserError when it cannot, or when
/// `folder` is a file.
void make_figure_folder(const std::filesystem::path& folder);

}  // namespace zcp::report
