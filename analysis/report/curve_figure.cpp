#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>

#include "analysis/report/figures.h"
#include "analysis/report/svg.h"

namespace zcp::report {
namespace {

constexpr Frame kFrame{64, 52, 470, 330};
constexpr double kWidth = 640;
constexpr double kHeight = 392;

/// One proxy over the shares, all architectures first.
struct Curve {
  std::string proxy;
  std::vector<std::size_t> places;  ///< of the rows among the shares
  std::vector<study::StudyRow> rows;
};

/// 1 and the shares that are shown, the largest first.
std::vector<double> shares_of(const Report& report) {
  std::vector<double> shares = report.options.study.top;
  std::erase_if(shares, [&](double share) {
    const std::string subset = fmt::format("top {}", share);
    const auto& rows = report.study.rows;
    return share == 1 ||
           std::ranges::find(rows, subset, &study::StudyRow::subset) ==
               rows.end();
  });
  shares.push_back(1);
  std::ranges::sort(shares, std::ranges::greater{});
  return shares;
}

/// Architectures of the metric among that share of the best.
std::size_t
size_of(const Report& report, const std::string& metric, double share) {
  const std::string subset = share == 1 ? "all" : fmt::format("top {}", share);
  std::size_t most = 0;
  for (const study::StudyRow& row : report.study.rows) {
    if (row.metric == metric && row.subset == subset) {
      most = std::max(most, row.n);
    }
  }
  return most;
}

Curve curve_of(
    const Report& report,
    const std::string& proxy,
    const std::string& metric) {
  const std::vector<double> shares = shares_of(report);
  Curve curve{proxy, {}, {}};
  for (std::size_t place = 0; place < shares.size(); ++place) {
    const std::string subset =
        place == 0 ? "all" : fmt::format("top {}", shares[place]);
    for (const study::StudyRow& row : report.study.rows) {
      if (row.proxy == proxy && row.metric == metric && row.subset == subset &&
          !std::isnan(row.kendall.value)) {
        curve.places.push_back(place);
        curve.rows.push_back(row);
      }
    }
  }
  return curve;
}

/// Shares side by side at equal distances, all on the left.
Axis share_axis(const Report& report) {
  const auto last = static_cast<double>(shares_of(report).size()) - 1;
  return {-0.3, last + 0.3, false, kFrame.left, kFrame.right};
}

Axis tau_axis(const std::vector<Curve>& curves) {
  std::vector<double> values{0};
  for (const Curve& curve : curves) {
    for (const study::StudyRow& row : curve.rows) {
      values.push_back(row.kendall.value);
    }
  }
  return {values, kFrame.bottom, kFrame.top};
}

std::vector<Point>
points_of(const Curve& curve, const Axis& shares, const Axis& taus) {
  std::vector<Point> points;
  for (std::size_t i = 0; i < curve.rows.size(); ++i) {
    points.push_back(
        {shares.pixel(static_cast<double>(curve.places[i])),
         taus.pixel(curve.rows[i].kendall.value)});
  }
  return points;
}

void draw_frame(
    Svg& svg,
    const Report& report,
    const Axis& shares,
    const Axis& taus,
    const std::string& metric) {
  double place = 0;
  for (const double share : shares_of(report)) {
    const double x = shares.pixel(place++);
    svg.line({x, kFrame.top}, {x, kFrame.bottom}, "grid");
    svg.text(
        {x, kFrame.bottom + 14},
        "middle",
        share == 1 ? "all" : fmt::format("{:.4g} %", share * 100));
    svg.text(
        {x, kFrame.bottom + 28},
        "middle",
        fmt::format("n = {}", size_of(report, metric, share)),
        "small");
  }
  for (const double tick : taus.ticks()) {
    const double y = taus.pixel(tick);
    svg.line({kFrame.left, y}, {kFrame.right, y}, tick == 0 ? "frame" : "grid");
    svg.text({kFrame.left - 6, y + 4}, "end", tick_text(tick));
  }
  svg.text(
      {(kFrame.left + kFrame.right) / 2, kFrame.bottom + 48},
      "middle",
      "the best by true " + metric);
  svg.upright_text(
      {kFrame.left - 42, (kFrame.top + kFrame.bottom) / 2},
      "Kendall's tau-b among them");
}

/// Vertical lines at the points, `shift` pixels to the side so that those of
/// several proxies stay apart. Ends beyond the plot are cut there.
void draw_intervals(
    Svg& svg,
    const Curve& curve,
    const Axis& shares,
    const Axis& taus,
    double shift,
    std::string_view colour) {
  for (std::size_t i = 0; i < curve.rows.size(); ++i) {
    const statistics::Interval& interval = curve.rows[i].kendall_interval;
    if (std::isnan(interval.low)) continue;
    const double x = shares.pixel(static_cast<double>(curve.places[i])) + shift;
    const auto y = [&](double tau) {
      return std::clamp(taus.pixel(tau), kFrame.top, kFrame.bottom);
    };
    const std::vector<Point> ends{{x, y(interval.low)}, {x, y(interval.high)}};
    svg.polyline(ends, "interval-thin", colour);
  }
}

}  // namespace

void write_curve_figure(
    std::ostream& out,
    const Report& report,
    const std::string& metric) {
  constexpr std::string_view kBaseline = "#b22222";
  const auto colours = series_colours();
  const std::string& baseline = report.options.study.baseline;
  std::vector<Curve> curves{curve_of(report, baseline, metric)};
  for (const std::string& proxy : ranked_proxies(report, metric)) {
    curves.push_back(curve_of(report, proxy, metric));
  }
  std::erase_if(curves, [](const Curve& curve) { return curve.rows.empty(); });
  const bool has_baseline = !curves.empty() && curves.front().proxy == baseline;
  const std::size_t coloured =
      std::min(curves.size(), colours.size() + (has_baseline ? 1 : 0));
  const Axis shares = share_axis(report);
  const Axis taus = tau_axis(curves);
  Svg svg(kWidth, kHeight);
  svg.text(
      {kFrame.left, 20},
      "start",
      "Does it hold among the good? " + metric,
      "title");
  svg.text(
      {kFrame.left, 37},
      "start",
      "in colour: " + baseline +
          " and the proxies of greatest tau over all, with 95 % intervals",
      "note");
  draw_frame(svg, report, shares, taus, metric);
  for (std::size_t i = coloured; i < curves.size(); ++i) {
    svg.polyline(points_of(curves[i], shares, taus), "other");
  }
  std::vector<double> ends;
  for (std::size_t i = 0; i < coloured; ++i) {
    ends.push_back(points_of(curves[i], shares, taus).back().y + 4);
  }
  const std::vector<double> labels =
      spread_labels(ends, 14, kFrame.top, kFrame.bottom);
  for (std::size_t i = coloured; i-- > 0;) {
    const bool is_baseline = has_baseline && i == 0;
    const std::string_view colour =
        is_baseline ? kBaseline : colours[i - (has_baseline ? 1 : 0)];
    const double shift =
        3 * (static_cast<double>(i) - static_cast<double>(coloured - 1) / 2);
    draw_intervals(svg, curves[i], shares, taus, shift, colour);
    const std::vector<Point> points = points_of(curves[i], shares, taus);
    svg.polyline(points, is_baseline ? "baseline" : "series", colour);
    for (const Point& point : points) {
      svg.circle(point, 3, "", colour);
    }
    svg.circle({kFrame.right + 14, labels[i] - 4}, 4, "", colour);
    svg.text({kFrame.right + 24, labels[i]}, "start", curves[i].proxy);
  }
  svg.write(out);
}

}  // namespace zcp::report
