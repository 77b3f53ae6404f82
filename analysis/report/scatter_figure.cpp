#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <ostream>
#include <utility>

#include "analysis/report/figures.h"
#include "analysis/report/svg.h"

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
  const std::vector<double>& scores = column_values(report, proxy, true);
  const std::vector<double>& truth = column_values(report, metric, false);
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
  draw_axes(svg, kFrame, x, y, proxy, metric);
  if (points.size() > kPointsAtMost) {
    draw_hexagons(svg, points);
  } else {
    for (const Point& point : points) svg.circle(point, 2.5, "point");
  }
  svg.write(out);
}

}  // namespace zcp::report
