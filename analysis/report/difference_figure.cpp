#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>

#include "analysis/report/figures.h"
#include "analysis/report/svg.h"

namespace zcp::report {
namespace {

constexpr double kRowHeight = 20;
constexpr double kTop = 52;
constexpr double kAxisHeight = 44;
constexpr double kPlotWidth = 400;
constexpr double kValueWidth = 230;

using Rows = std::vector<study::StudyRow>;

/// The greatest difference first; those without one, last.
Rows rows_of(const Report& report, const std::string& metric) {
  Rows rows;
  for (const study::StudyRow& row : report.study.rows) {
    if (row.metric == metric && row.subset == "all" &&
        row.proxy != report.options.study.baseline) {
      rows.push_back(row);
    }
  }
  const auto gain = [](const study::StudyRow& row) {
    return std::isnan(row.tau_minus_baseline) ? -3.0 : row.tau_minus_baseline;
  };
  std::ranges::stable_sort(rows, std::ranges::greater{}, gain);
  return rows;
}

double left_of(const Rows& rows) {
  std::size_t longest = 0;
  for (const study::StudyRow& row : rows) {
    longest = std::max(longest, row.proxy.size());
  }
  return names_width(longest);
}

Axis axis_of(const Rows& rows, double left) {
  std::vector<double> values{0};
  for (const study::StudyRow& row : rows) {
    values.push_back(row.tau_minus_baseline);
    values.push_back(row.tau_minus_baseline_interval.low);
    values.push_back(row.tau_minus_baseline_interval.high);
  }
  std::erase_if(values, [](double value) { return std::isnan(value); });
  const auto [least, largest] = std::ranges::minmax(values);
  const double margin = std::max(0.01, 0.04 * (largest - least));
  return {least - margin, largest + margin, false, left, left + kPlotWidth};
}

std::string p_text(double p) {
  if (std::isnan(p)) return "";
  return p < 0.001 ? ", p < .001" : fmt::format(", p = {:.3f}", p);
}

void draw_row(
    Svg& svg,
    const study::StudyRow& row,
    const Axis& axis,
    double left,
    double y) {
  svg.text({left - 10, y + 4}, "end", row.proxy);
  if (std::isnan(row.tau_minus_baseline)) {
    svg.text({left + 10, y + 4}, "start", "no difference", "note");
    return;
  }
  const Verdict verdict = verdict_of(row, "");
  const bool worse = verdict == Verdict::trails;
  const statistics::Interval& interval = row.tau_minus_baseline_interval;
  std::string value = value_text(row.tau_minus_baseline);
  if (!std::isnan(interval.low)) {
    svg.line(
        {axis.pixel(interval.low), y},
        {axis.pixel(interval.high), y},
        worse ? "interval-worse" : "interval");
    value += fmt::format(
        " [{}, {}]", value_text(interval.low), value_text(interval.high));
  }
  const double x = axis.pixel(row.tau_minus_baseline);
  if (worse) {
    const std::vector<Point> corners{
        {x - 4.5, y - 3.5}, {x + 4.5, y - 3.5}, {x, y + 4.5}};
    svg.polygon(corners, "worse");
  } else {
    svg.circle({x, y}, 4, verdict == Verdict::beats ? "beats" : "dot");
  }
  value += p_text(row.p_beats_baseline_holm);
  svg.text({left + kPlotWidth + 10, y + 4}, "start", value);
}

}  // namespace

void write_difference_figure(
    std::ostream& out,
    const Report& report,
    const std::string& metric) {
  const Rows rows = rows_of(report, metric);
  const double left = left_of(rows);
  const Axis axis = axis_of(rows, left);
  const double bottom = kTop + kRowHeight * static_cast<double>(rows.size());
  const std::string& baseline = report.options.study.baseline;
  Svg svg(left + kPlotWidth + kValueWidth, bottom + kAxisHeight);
  svg.text(
      {left, 20},
      "start",
      fmt::format("Kendall's tau-b with {}, less that of {}", metric, baseline),
      "title");
  svg.text(
      {left, 37},
      "start",
      fmt::format(
          "filled: beats {} (interval above zero, p < .05 after Holm); "
          "triangle: trails it",
          baseline),
      "note");
  for (const double tick : axis.ticks()) {
    svg.line({axis.pixel(tick), kTop}, {axis.pixel(tick), bottom}, "grid");
    svg.text({axis.pixel(tick), bottom + 14}, "middle", tick_text(tick));
  }
  svg.line({axis.pixel(0), kTop}, {axis.pixel(0), bottom}, "baseline");
  svg.text(
      {left + kPlotWidth / 2, bottom + 32},
      "middle",
      "difference of tau-b with 95 % bootstrap interval");
  double y = kTop + kRowHeight / 2;
  for (const study::StudyRow& row : rows) {
    draw_row(svg, row, axis, left, y);
    y += kRowHeight;
  }
  svg.write(out);
}

}  // namespace zcp::report
