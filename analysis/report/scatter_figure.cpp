#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "analysis/report/figures.h"
#include "analysis/report/svg.h"
#include "analysis/statistics/columns.h"
#include "analysis/statistics/ranks.h"

namespace zcp::report {
namespace {

constexpr Frame kFrame{72, 52, 460, 340};
constexpr double kWidth = 480;
constexpr double kHeight = 396;
/// Up to so many architectures are drawn one by one.
constexpr std::size_t kPointsAtMost = 1500;
constexpr double kRadius = 6;  ///< of a hexagon

/// How many points lie in each hexagon of a pointy-topped grid.
std::map<std::pair<int, int>, std::size_t> hexagons(
    const std::vector<Point>& points) {
  const double width = std::numbers::sqrt3 * kRadius;
  const double height = 1.5 * kRadius;
  std::map<std::pair<int, int>, std::size_t> counts;
  for (const Point& point : points) {
    // The nearer of the centres in the two rows about the point.
    const int row = static_cast<int>(std::floor(point.y / height));
    std::pair<int, int> best{};
    double least = 1e300;
    for (const int r : {row, row + 1}) {
      const double offset = r % 2 == 0 ? 0 : width / 2;
      const int column =
          static_cast<int>(std::lround((point.x - offset) / width));
      const double dx = point.x - (offset + column * width);
      const double dy = point.y - r * height;
      if (dx * dx + dy * dy >= least) continue;
      least = dx * dx + dy * dy;
      best = {r, column};
    }
    ++counts[best];
  }
  return counts;
}

void draw_hexagons(Svg& svg, const std::vector<Point>& points) {
  const auto counts = hexagons(points);
  std::size_t most = 1;
  for (const auto& [place, count] : counts) most = std::max(most, count);
  const double width = std::numbers::sqrt3 * kRadius;
  for (const auto& [place, count] : counts) {
    const auto [row, column] = place;
    const Point centre{
        column * width + (row % 2 == 0 ? 0 : width / 2), row * 1.5 * kRadius};
    std::vector<Point> corners;
    for (int i = 0; i < 6; ++i) {
      const double angle = std::numbers::pi / 3 * (i + 0.5);
      corners.push_back(
          {centre.x + kRadius * std::cos(angle),
           centre.y + kRadius * std::sin(angle)});
    }
    const double share = std::log(static_cast<double>(count)) /
                         std::max(std::log(static_cast<double>(most)), 1e-9);
    svg.polygon(corners, "", sequential_colour(share));
  }
  svg.text(
      {kFrame.right, kFrame.bottom + 48},
      "end",
      fmt::format("1 to {} architectures a hexagon", most),
      "small");
}

/// Whether the mass of ascending numbers can be seen on an axis: the middle
/// nine tenths take a third of it, the middle half an eighth (as on the page,
/// page/scales.js).
bool is_spread(const std::vector<double>& sorted, bool logarithmic) {
  const auto at = [&](double share) {
    const auto last = static_cast<double>(sorted.size() - 1);
    const double value =
        sorted[static_cast<std::size_t>(std::lround(share * last))];
    return logarithmic ? std::log(value) : value;
  };
  const double length = at(1) - at(0);
  return !(length > 0) || (at(0.95) - at(0.05) >= length / 3 &&
                           at(0.75) - at(0.25) >= length / 8);
}

/// A column as an axis shows it.
struct Shown {
  std::vector<double> values;
  std::string name;
};

/// By value, or where a few values far from all others would squeeze these, by
/// rank in percent of the finite ones, which the name says.
Shown shown(const std::vector<double>& values, const std::string& name) {
  std::vector<double> finite;
  for (const double value : values) {
    if (std::isfinite(value)) finite.push_back(value);
  }
  std::vector<double> sorted = finite;
  std::ranges::sort(sorted);
  if (sorted.size() < statistics::kLeastRows) return {values, name};
  const Axis axis(values, 0, 1);
  if (is_spread(sorted, axis.logarithmic())) return {values, name};
  const std::vector<double> ranks = statistics::average_ranks(finite);
  std::vector<double> places = values;
  std::size_t next = 0;
  for (double& place : places) {
    if (!std::isfinite(place)) continue;
    place = 100 * ranks[next++] / static_cast<double>(finite.size());
  }
  return {places, name + ", by rank (%)"};
}

/// Tau of the pair over the whole population, as the study has it.
std::string tau_of(
    const Report& report,
    const std::string& proxy,
    const std::string& metric) {
  for (const study::StudyRow& row : report.study.rows) {
    if (row.proxy != proxy || row.metric != metric || row.subset != "all") {
      continue;
    }
    std::string text = fmt::format("tau-b {}", value_text(row.kendall.value));
    if (!std::isnan(row.kendall_interval.low)) {
      text += fmt::format(
          " [{}, {}]",
          value_text(row.kendall_interval.low),
          value_text(row.kendall_interval.high));
    }
    text += fmt::format(", n = {}", row.n);
    if (row.missing > 0) {
      text += fmt::format(", {} without a score not drawn", row.missing);
    }
    return text;
  }
  return "";
}

}  // namespace

void write_scatter_figure(
    std::ostream& out,
    const Report& report,
    const std::string& proxy,
    const std::string& metric) {
  const auto [scores, score_name] =
      shown(column_values(report, proxy, true), proxy);
  const auto [truth, truth_name] =
      shown(column_values(report, metric, false), metric);
  const Axis x(scores, kFrame.left, kFrame.right);
  const Axis y(truth, kFrame.bottom, kFrame.top);
  std::vector<Point> points;
  std::size_t infinite = 0;
  for (std::size_t row = 0; row < scores.size(); ++row) {
    if (!std::isfinite(scores[row]) || !std::isfinite(truth[row])) {
      infinite += std::isinf(scores[row]) || std::isinf(truth[row]) ? 1 : 0;
      continue;
    }
    points.push_back({x.pixel(scores[row]), y.pixel(truth[row])});
  }
  Svg svg(kWidth, kHeight);
  svg.text({kFrame.left, 20}, "start", proxy + " against " + metric, "title");
  std::string note = tau_of(report, proxy, metric);
  if (infinite > 0) note += fmt::format(", {} infinite not drawn", infinite);
  svg.text({kFrame.left, 37}, "start", note, "note");
  draw_axes(svg, kFrame, x, y, score_name, truth_name);
  if (points.size() > kPointsAtMost) {
    draw_hexagons(svg, points);
  } else {
    for (const Point& point : points) svg.circle(point, 2.5, "point");
  }
  svg.write(out);
}

}  // namespace zcp::report
