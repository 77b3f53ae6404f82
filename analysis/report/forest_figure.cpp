#include "analysis/report/forest_figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/report/svg.h"
#include "analysis/report/verdict.h"

namespace zcp::report {
namespace {

constexpr double kRowHeight = 20;
constexpr double kTitleHeight = 44;
constexpr double kAxisHeight = 40;
constexpr double kPlotWidth = 420;
constexpr double kValueWidth = 150;

constexpr std::string_view kStyle =
    ".title{font-size:13px;font-weight:bold}"
    ".grid{stroke:#ddd}.interval{stroke:#36648b;stroke-width:2}"
    ".baseline{stroke:#b22222;stroke-dasharray:4 3}"
    ".dot{fill:#fff;stroke:#36648b;stroke-width:2}"
    ".beats{fill:#36648b;stroke:#36648b;stroke-width:2}";

/// The rows of one (metric, subset), best tau first.
struct Panel {
  std::string title;
  std::vector<study::StudyRow> rows;

  double height() const {
    return kTitleHeight + kRowHeight * static_cast<double>(rows.size()) +
           kAxisHeight;
  }
};

std::vector<Panel> make_panels(std::span<const study::StudyRow> rows) {
  std::vector<Panel> panels;
  for (const study::StudyRow& row : rows) {
    const std::string title =
        fmt::format("{}, {}: n = {}", row.metric, row.subset, row.n);
    const auto found = std::ranges::find(panels, title, &Panel::title);
    Panel& panel =
        found != panels.end() ? *found : panels.emplace_back(Panel{title, {}});
    panel.rows.push_back(row);
  }
  const auto tau = [](const study::StudyRow& row) {
    return std::isnan(row.kendall.value) ? -2.0 : row.kendall.value;
  };
  for (Panel& panel : panels) {
    std::ranges::stable_sort(panel.rows, std::ranges::greater{}, tau);
  }
  return panels;
}

/// The axis of tau: it spans the intervals, in steps of .1.
struct TauAxis {
  double left;  ///< where the plot begins, right of the names
  Axis axis;
  std::vector<double> ticks;

  double x(double tau) const { return axis.pixel(tau); }
};

TauAxis tau_axis(const std::vector<study::StudyRow>& rows, double left) {
  double least = 0;
  double largest = 0.1;
  const auto cover = [&](double value) {
    if (std::isnan(value)) return;
    least = std::min(least, value);
    largest = std::max(largest, value);
  };
  for (const study::StudyRow& row : rows) {
    cover(row.kendall.value);
    cover(row.kendall_interval.low);
    cover(row.kendall_interval.high);
  }
  const double low = std::floor(least * 10) / 10;
  const double high = std::ceil(largest * 10) / 10;
  TauAxis axis{left, Axis(low, high, false, left, left + kPlotWidth), {}};
  const int first = static_cast<int>(std::lround(low * 10));
  const int last = static_cast<int>(std::lround(high * 10));
  for (int tick = first; tick <= last; ++tick) {
    axis.ticks.push_back(tick / 10.0);
  }
  return axis;
}

void draw_row(
    Svg& svg,
    const study::StudyRow& row,
    const std::string& baseline,
    const TauAxis& axis,
    double y) {
  svg.text({axis.left - 10, y + 4}, "end", row.proxy);
  const double tau = row.kendall.value;
  if (std::isnan(tau)) {
    svg.text({axis.left + 10, y + 4}, "start", "no correlation");
    return;
  }
  const statistics::Interval& interval = row.kendall_interval;
  std::string value = fmt::format("{:.3f}", tau);
  if (!std::isnan(interval.low)) {
    svg.line({axis.x(interval.low), y}, {axis.x(interval.high), y}, "interval");
    value += fmt::format(" [{:.3f}, {:.3f}]", interval.low, interval.high);
  }
  const bool beats = verdict_of(row, baseline) == Verdict::beats;
  svg.circle({axis.x(tau), y}, 4, beats ? "beats" : "dot");
  svg.text({axis.left + kPlotWidth + 10, y + 4}, "start", value);
}

void draw_axis(Svg& svg, const TauAxis& axis, double top, double bottom) {
  for (const double tick : axis.ticks) {
    svg.line({axis.x(tick), top}, {axis.x(tick), bottom}, "grid");
    svg.text(
        {axis.x(tick), bottom + 14}, "middle", fmt::format("{:.1f}", tick));
  }
  svg.text(
      {axis.left + kPlotWidth / 2, bottom + 30},
      "middle",
      "Kendall's tau-b with 95 % bootstrap interval");
}

void draw_panel(
    Svg& svg,
    const Panel& panel,
    const std::string& baseline,
    double left,
    double top) {
  const TauAxis axis = tau_axis(panel.rows, left);
  const double first = top + kTitleHeight;
  const double bottom =
      first + kRowHeight * static_cast<double>(panel.rows.size());
  svg.group("title", [&] {
    svg.text({axis.left, top + 18}, "start", panel.title);
  });
  svg.text(
      {axis.left, top + 34},
      "start",
      fmt::format(
          "filled: beats {} after Holm's correction (p < .05)", baseline));
  draw_axis(svg, axis, first, bottom);
  const auto base =
      std::ranges::find(panel.rows, baseline, &study::StudyRow::proxy);
  if (base != panel.rows.end() && !std::isnan(base->kendall.value)) {
    const double x = axis.x(base->kendall.value);
    svg.line({x, first}, {x, bottom}, "baseline");
  }
  double y = first + kRowHeight / 2;
  for (const study::StudyRow& row : panel.rows) {
    draw_row(svg, row, baseline, axis, y);
    y += kRowHeight;
  }
}

}  // namespace

void write_forest_plot(
    std::ostream& out,
    std::span<const study::StudyRow> rows,
    const std::string& baseline) {
  const std::vector<Panel> panels = make_panels(rows);
  double height = 0;
  for (const Panel& panel : panels) height += panel.height();
  std::size_t longest = 0;
  for (const study::StudyRow& row : rows) {
    longest = std::max(longest, row.proxy.size());
  }
  const double left = names_width(longest);
  Svg svg(left + kPlotWidth + kValueWidth, height, kStyle);
  double top = 0;
  for (const Panel& panel : panels) {
    draw_panel(svg, panel, baseline, left, top);
    top += panel.height();
  }
  svg.write(out);
}

}  // namespace zcp::report
