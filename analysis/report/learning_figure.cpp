#include "analysis/report/learning_figure.h"

#include <algorithm>
#include <cmath>
#include <ostream>

#include "analysis/report/svg.h"

namespace zcp::report {
namespace {

constexpr Frame kFrame{64, 30, 470, 330};
constexpr double kWidth = 640;
constexpr double kHeight = 376;
constexpr std::string_view kGrey = "#777777";

using prediction::LearningRow;

/// A line of the figure, by ascending number of labels.
struct Line {
  std::string name;
  std::vector<double> labels;
  std::vector<double> taus;
  std::vector<statistics::Interval> intervals;
};

Line& line_of(std::vector<Line>& lines, const std::string& name) {
  const auto found = std::ranges::find(lines, name, &Line::name);
  if (found != lines.end()) return *found;
  lines.push_back({name, {}, {}, {}});
  return lines.back();
}

void add_point(
    Line& line,
    std::size_t labels,
    double tau,
    statistics::Interval interval) {
  if (std::isnan(tau)) return;
  const auto count = static_cast<double>(labels);
  if (!line.labels.empty() && line.labels.back() == count) return;
  line.labels.push_back(count);
  line.taus.push_back(tau);
  line.intervals.push_back(interval);
}

std::vector<Line> lines_of(
    std::span<const LearningRow> given,
    const std::string& baseline) {
  std::vector<LearningRow> rows(given.begin(), given.end());
  std::ranges::stable_sort(rows, {}, &LearningRow::labels);
  std::vector<Line> lines;
  const statistics::Interval none{std::nan(""), std::nan("")};
  for (const LearningRow& row : rows) {
    add_point(
        line_of(lines, row.model), row.labels, row.tau.value, row.tau.interval);
  }
  for (const LearningRow& row : rows) {
    add_point(
        line_of(lines, "best proxy"), row.labels, row.best_proxy_tau, none);
    if (baseline.empty()) continue;
    add_point(line_of(lines, baseline), row.labels, row.baseline_tau, none);
  }
  std::erase_if(lines, [](const Line& line) { return line.labels.empty(); });
  return lines;
}

void draw_line(
    Svg& svg,
    const Line& line,
    const Axis& x,
    const Axis& y,
    std::string_view colour,
    double label) {
  std::vector<Point> points;
  for (std::size_t i = 0; i < line.labels.size(); ++i) {
    const Point at{x.pixel(line.labels[i]), y.pixel(line.taus[i])};
    points.push_back(at);
    const statistics::Interval& interval = line.intervals[i];
    if (!std::isnan(interval.low)) {
      const std::vector<Point> ends{
          {at.x, y.pixel(interval.low)}, {at.x, y.pixel(interval.high)}};
      svg.polyline(ends, "interval-thin", colour);
    }
  }
  svg.polyline(points, "series", colour);
  for (const Point& point : points) svg.circle(point, 3, "", colour);
  svg.circle({kFrame.right + 14, label - 4}, 4, "", colour);
  svg.text({kFrame.right + 24, label}, "start", line.name);
}

}  // namespace

void write_learning_figure(
    std::ostream& out,
    std::span<const LearningRow> rows,
    const std::string& metric,
    const std::string& baseline) {
  const std::vector<Line> lines = lines_of(rows, baseline);
  std::vector<double> taus;
  double least = static_cast<double>(rows.front().labels);
  double most = least;
  std::vector<double> ends;
  for (const Line& line : lines) {
    taus.insert(taus.end(), line.taus.begin(), line.taus.end());
    for (const auto& interval : line.intervals) {
      if (!std::isnan(interval.low)) taus.push_back(interval.low);
      if (!std::isnan(interval.high)) taus.push_back(interval.high);
    }
    least = std::min(least, line.labels.front());
    most = std::max(most, line.labels.back());
  }
  const Axis x(least / 1.2, most * 1.2, true, kFrame.left, kFrame.right);
  const Axis y(taus, kFrame.bottom, kFrame.top);
  Svg svg(kWidth, kHeight);
  draw_axes(
      svg, kFrame, x, y, "labels of " + metric, "held-out Kendall's tau-b");
  for (const Line& line : lines) ends.push_back(y.pixel(line.taus.back()) + 4);
  const std::vector<double> places =
      spread_labels(ends, 14, kFrame.top, kFrame.bottom);
  const auto colours = series_colours();
  std::size_t next = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool plain =
        lines[i].name == baseline || lines[i].name == "best proxy";
    const std::string_view colour =
        plain ? kGrey : colours[next++ % colours.size()];
    draw_line(svg, lines[i], x, y, colour, places[i]);
  }
  svg.write(out);
}

}  // namespace zcp::report
