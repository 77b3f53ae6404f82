#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <ostream>
#include <set>
#include <utility>

#include "analysis/report/figures.h"
#include "analysis/report/svg.h"
#include "analysis/statistics/pareto.h"

namespace zcp::report {
namespace {

constexpr Frame kFrame{72, 52, 460, 340};
constexpr double kWidth = 640;
constexpr double kHeight = 386;
constexpr std::size_t kProxies = 3;  ///< whose choices are drawn

using Column = std::vector<double>;

/// Steps from each point on to the right, to the edge of the plot.
std::vector<Point> steps(const std::vector<Point>& points) {
  std::vector<Point> corners;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (i > 0) corners.push_back({points[i].x, points[i - 1].y});
    corners.push_back(points[i]);
  }
  if (!points.empty()) corners.push_back({kFrame.right, points.back().y});
  return corners;
}

/// Draws one of the points that fall on the same spot of the plot: thousands of
/// architectures may share a few places.
void draw_all(Svg& svg, const std::vector<Point>& points) {
  std::set<std::pair<long, long>> drawn;
  for (const Point& point : points) {
    const std::pair spot{std::lround(point.x / 2), std::lround(point.y / 2)};
    if (drawn.insert(spot).second) svg.circle(point, 1.5, "", "#d0d4d8");
  }
}

}  // namespace

void write_pareto_figure(
    std::ostream& out,
    const Report& report,
    const std::string& metric,
    const ReportColumn& cost) {
  constexpr std::string_view kTrue = "#222222";
  const Column& truth = column_values(report, metric, false);
  const Axis x(cost.values, kFrame.left, kFrame.right);
  const Axis y(truth, kFrame.bottom, kFrame.top);
  const auto place = [&](std::size_t row) {
    return Point{x.pixel(cost.values[row]), y.pixel(truth[row])};
  };
  const auto drawable = [&](std::size_t row) {
    return std::isfinite(truth[row]) && std::isfinite(cost.values[row]) &&
           (!x.logarithmic() || cost.values[row] > 0);
  };
  const auto places = [&](const std::vector<std::size_t>& rows) {
    std::vector<Point> points;
    for (const std::size_t row : rows) {
      if (drawable(row)) points.push_back(place(row));
    }
    return points;
  };
  const auto front_of = [&](const Column& value) {
    return statistics::pareto_front(
        value, cost.values, statistics::Twins::first);
  };
  Svg svg(kWidth, kHeight);
  svg.text({kFrame.left, 20}, "start", metric + " for its cost", "title");
  svg.text(
      {kFrame.left, 37},
      "start",
      "steps: the truly best up to a cost; dots: what proxies choose up to it",
      "note");
  draw_axes(svg, kFrame, x, y, cost.name, metric);
  std::vector<std::size_t> all(truth.size());
  std::iota(all.begin(), all.end(), 0);
  draw_all(svg, places(all));
  svg.polyline(steps(places(front_of(truth))), "series", kTrue);
  std::vector<KeyEntry> key{
      {"an architecture", "#d0d4d8"}, {"the truly best", kTrue}};
  const auto colours = series_colours();
  for (const std::string& proxy : ranked_proxies(report, metric)) {
    if (key.size() == kProxies + 2) break;
    const std::string_view colour = colours[key.size() - 2];
    const auto chosen = front_of(column_values(report, proxy, true));
    for (const Point& point : places(chosen)) {
      svg.circle(point, 3.5, "mark", colour);
    }
    key.push_back({"chosen by " + proxy, colour});
  }
  draw_key(svg, kFrame, key);
  svg.write(out);
}

void write_front_figure(std::ostream& out, const Front& front) {
  Column values;
  Column costs;
  std::vector<bool> on_front(front.values.size());
  for (const std::size_t row : front.rows) on_front[row] = true;
  std::vector<bool> marked;
  for (std::size_t row = 0; row < front.values.size(); ++row) {
    const bool finite =
        std::isfinite(front.values[row]) && std::isfinite(front.costs[row]);
    if (!finite) continue;
    values.push_back(front.values[row]);
    costs.push_back(front.costs[row]);
    marked.push_back(on_front[row]);
  }
  const Axis x(costs, kFrame.left, kFrame.right);
  const Axis y(values, kFrame.bottom, kFrame.top);
  std::vector<Point> all;
  std::vector<Point> members;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Point point{x.pixel(costs[i]), y.pixel(values[i])};
    (marked[i] ? members : all).push_back(point);
  }
  std::ranges::sort(
      members, [](const Point& a, const Point& b) { return a.x < b.x; });
  const std::string_view colour = series_colours().front();
  Svg svg(kWidth, kHeight);
  svg.text({kFrame.left, 20}, "start", front.name + " for its cost", "title");
  svg.text(
      {kFrame.left, 37}, "start", "steps: the best score up to a cost", "note");
  draw_axes(svg, kFrame, x, y, front.cost, front.name);
  draw_all(svg, all);
  svg.polyline(steps(members), "series", colour);
  for (const Point& point : members) svg.circle(point, 3.5, "mark", colour);
  draw_key(
      svg, kFrame, {{"an architecture", "#d0d4d8"}, {"on the front", colour}});
  svg.write(out);
}

}  // namespace zcp::report
