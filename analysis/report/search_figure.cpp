#include "analysis/report/search_figure.h"

#include <algorithm>
#include <cmath>
#include <ostream>
#include <set>
#include <utility>

#include "analysis/report/svg.h"

namespace zcp::report {
namespace {

constexpr Frame kFrame{72, 52, 460, 340};
constexpr double kWidth = 640;
constexpr double kHeight = 386;
constexpr std::string_view kOptimum = "#222222";
constexpr std::string_view kRandom = "#888888";
constexpr std::string_view kPoint = "#d0d4d8";

/// From which share of its queries a curve is drawn: the first ones would press
/// the rest together.
constexpr double kFirstShare = 0.02;

bool is_shown(const SearchCurve& curve, std::size_t i) {
  return std::isfinite(curve.mean[i]) &&
         curve.queries[i] >= kFirstShare * curve.queries.back();
}

std::vector<Point>
points_of(const SearchCurve& curve, const Axis& x, const Axis& y) {
  std::vector<Point> points;
  for (std::size_t i = 0; i < curve.queries.size(); ++i) {
    if (!is_shown(curve, i)) continue;
    points.push_back({x.pixel(curve.queries[i]), y.pixel(curve.mean[i])});
  }
  return points;
}

/// The interval as thin lines above and below the curve.
void draw_intervals(
    Svg& svg,
    const SearchCurve& curve,
    const Axis& x,
    const Axis& y,
    std::string_view colour) {
  for (const auto* ends : {&curve.low, &curve.high}) {
    std::vector<Point> points;
    for (std::size_t i = 0; i < curve.queries.size(); ++i) {
      if (!is_shown(curve, i) || !std::isfinite((*ends)[i])) continue;
      points.push_back(
          {x.pixel(curve.queries[i]),
           std::clamp(y.pixel((*ends)[i]), kFrame.top, kFrame.bottom)});
    }
    if (points.size() > 1) svg.polyline(points, "interval-thin", colour);
  }
}

/// Draws one of the points that fall on the same spot.
void draw_points(Svg& svg, const std::vector<Point>& points) {
  std::set<std::pair<long, long>> drawn;
  for (const Point& point : points) {
    const std::pair spot{std::lround(point.x / 2), std::lround(point.y / 2)};
    if (drawn.insert(spot).second) svg.circle(point, 1.5, "", kPoint);
  }
}

void draw_title(Svg& svg, const std::string& title, const std::string& note) {
  svg.text({kFrame.left, 20}, "start", title, "title");
  svg.text({kFrame.left, 37}, "start", note, "note");
}

void write_steps(std::ostream& out, const SearchTrace& trace) {
  const std::vector<double>& values = trace.values[0];
  const Axis x(trace.steps, kFrame.left, kFrame.right);
  const Axis y(values, kFrame.bottom, kFrame.top);
  const bool less = trace.less[0];
  std::vector<Point> all;
  std::vector<Point> best;
  double so_far = std::nan("");
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool drawable =
        std::isfinite(values[i]) && (!y.logarithmic() || values[i] > 0);
    if (!drawable) continue;
    all.push_back({x.pixel(trace.steps[i]), y.pixel(values[i])});
    const bool better =
        std::isnan(so_far) || (less ? values[i] < so_far : values[i] > so_far);
    if (!better) continue;
    if (!best.empty()) best.push_back({all.back().x, best.back().y});
    best.push_back(all.back());
    so_far = values[i];
  }
  if (!best.empty()) best.push_back({kFrame.right, best.back().y});
  Svg svg(kWidth, kHeight);
  draw_title(svg, trace.title, "every evaluation, and the best so far");
  draw_axes(svg, kFrame, x, y, "evaluations", trace.names[0]);
  draw_points(svg, all);
  svg.polyline(best, "series", series_colours()[0]);
  draw_key(
      svg,
      kFrame,
      {{"an architecture", kPoint}, {"the best so far", series_colours()[0]}});
  svg.write(out);
}

void write_front(std::ostream& out, const SearchTrace& trace) {
  const Axis x(trace.values[1], kFrame.left, kFrame.right);
  const Axis y(trace.values[0], kFrame.bottom, kFrame.top);
  const auto place = [&](std::size_t i) {
    return Point{x.pixel(trace.values[1][i]), y.pixel(trace.values[0][i])};
  };
  const auto drawable = [&](std::size_t i) {
    const double a = trace.values[1][i];
    const double b = trace.values[0][i];
    return std::isfinite(a) && std::isfinite(b) &&
           (!x.logarithmic() || a > 0) && (!y.logarithmic() || b > 0);
  };
  Svg svg(kWidth, kHeight);
  draw_title(
      svg,
      trace.title,
      trace.values.size() > 2 ? "the first two objectives; the front of all"
                              : "every evaluation, and the front");
  draw_axes(svg, kFrame, x, y, trace.names[1], trace.names[0]);
  std::vector<Point> all;
  for (std::size_t i = 0; i < trace.steps.size(); ++i) {
    if (drawable(i)) all.push_back(place(i));
  }
  draw_points(svg, all);
  for (const std::size_t i : trace.front) {
    if (drawable(i)) svg.circle(place(i), 3.5, "mark", series_colours()[0]);
  }
  draw_key(
      svg,
      kFrame,
      {{"an architecture", kPoint}, {"the front", series_colours()[0]}});
  svg.write(out);
}

}  // namespace

void write_regret_figure(std::ostream& out, const RegretFigure& figure) {
  std::vector<double> queries;
  std::vector<double> values{figure.optimum};
  std::vector<SearchCurve> all = figure.curves;
  if (!figure.random.queries.empty()) all.push_back(figure.random);
  for (const SearchCurve& curve : all) {
    for (std::size_t i = 0; i < curve.queries.size(); ++i) {
      if (!is_shown(curve, i)) continue;
      queries.push_back(curve.queries[i]);
      values.push_back(curve.mean[i]);
    }
  }
  if (queries.empty()) queries = {1, 2};
  const auto [first, last] = std::ranges::minmax(queries);
  const Axis x(
      first, std::max(last, first + 1), true, kFrame.left, kFrame.right);
  const Axis y(values, kFrame.bottom, kFrame.top);
  Svg svg(kWidth, kHeight);
  draw_title(svg, figure.metric + " against queries", figure.note);
  draw_axes(svg, kFrame, x, y, "queries", figure.metric);
  const std::vector<Point> optimum{
      {kFrame.left, y.pixel(figure.optimum)},
      {kFrame.right, y.pixel(figure.optimum)}};
  svg.polyline(optimum, "other", kOptimum);
  std::vector<KeyEntry> key{{"the optimum", kOptimum}};
  if (!figure.random.queries.empty()) {
    svg.polyline(points_of(figure.random, x, y), "baseline", kRandom);
    key.push_back({figure.random.name, kRandom});
  }
  const auto colours = series_colours();
  for (std::size_t i = 0; i < figure.curves.size(); ++i) {
    const std::string_view colour = colours[i % colours.size()];
    draw_intervals(svg, figure.curves[i], x, y, colour);
    svg.polyline(points_of(figure.curves[i], x, y), "series", colour);
    key.push_back({figure.curves[i].name, colour});
  }
  draw_key(svg, kFrame, key);
  svg.write(out);
}

void write_trace_figure(std::ostream& out, const SearchTrace& trace) {
  if (trace.values.size() > 1) {
    write_front(out, trace);
  } else {
    write_steps(out, trace);
  }
}

}  // namespace zcp::report
