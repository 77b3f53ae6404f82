#include "analysis/report/forest_figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <utility>
#include <vector>

namespace zcp::report {
namespace {

constexpr double kRowHeight = 20;
constexpr double kTitleHeight = 44;
constexpr double kAxisHeight = 40;
constexpr double kNameWidth = 150;
constexpr double kPlotWidth = 420;
constexpr double kValueWidth = 150;
constexpr double kWidth = kNameWidth + kPlotWidth + kValueWidth;

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

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

/// Maps tau to x; the axis spans the intervals, in steps of .1.
class Axis {
 public:
  explicit Axis(const std::vector<study::StudyRow>& rows) {
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
    low_ = std::floor(least * 10) / 10;
    high_ = std::ceil(largest * 10) / 10;
  }

  double x(double value) const {
    return kNameWidth + (value - low_) / (high_ - low_) * kPlotWidth;
  }

  std::vector<double> ticks() const {
    const int first = static_cast<int>(std::lround(low_ * 10));
    const int last = static_cast<int>(std::lround(high_ * 10));
    std::vector<double> values;
    for (int tick = first; tick <= last; ++tick) values.push_back(tick / 10.0);
    return values;
  }

 private:
  double low_;
  double high_;
};

std::string
text(double x, double y, const char* anchor, const std::string& content) {
  return fmt::format(
      "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n",
      x,
      y,
      anchor,
      escaped(content));
}

std::string
line(double x1, double y1, double x2, double y2, const char* style) {
  return fmt::format(
      "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" "
      "class=\"{}\"/>\n",
      x1,
      y1,
      x2,
      y2,
      style);
}

void draw_row(
    std::ostream& out,
    const study::StudyRow& row,
    const Axis& axis,
    double y) {
  out << text(kNameWidth - 10, y + 4, "end", row.proxy);
  const double tau = row.kendall.value;
  if (std::isnan(tau)) {
    out << text(kNameWidth + 10, y + 4, "start", "no correlation");
    return;
  }
  const statistics::Interval& interval = row.kendall_interval;
  std::string value = fmt::format("{:.3f}", tau);
  if (!std::isnan(interval.low)) {
    out << line(axis.x(interval.low), y, axis.x(interval.high), y, "interval");
    value += fmt::format(" [{:.3f}, {:.3f}]", interval.low, interval.high);
  }
  const bool beats = row.p_beats_baseline_holm < 0.05;
  out << fmt::format(
      "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" class=\"{}\"/>\n",
      axis.x(tau),
      y,
      beats ? "beats" : "dot");
  out << text(kNameWidth + kPlotWidth + 10, y + 4, "start", value);
}

void draw_axis(std::ostream& out, const Axis& axis, double top, double bottom) {
  for (const double tick : axis.ticks()) {
    out << line(axis.x(tick), top, axis.x(tick), bottom, "grid");
    out << text(
        axis.x(tick), bottom + 14, "middle", fmt::format("{:.1f}", tick));
  }
  out << text(
      kNameWidth + kPlotWidth / 2,
      bottom + 30,
      "middle",
      "Kendall's tau-b with 95 % bootstrap interval");
}

void draw_panel(
    std::ostream& out,
    const Panel& panel,
    const std::string& baseline,
    double top) {
  const Axis axis(panel.rows);
  const double first = top + kTitleHeight;
  const double bottom =
      first + kRowHeight * static_cast<double>(panel.rows.size());
  out << "<g class=\"title\">"
      << text(kNameWidth, top + 18, "start", panel.title) << "</g>\n";
  out << text(
      kNameWidth,
      top + 34,
      "start",
      fmt::format(
          "filled: beats {} after Holm's correction (p < .05)", baseline));
  draw_axis(out, axis, first, bottom);
  const auto base =
      std::ranges::find(panel.rows, baseline, &study::StudyRow::proxy);
  if (base != panel.rows.end() && !std::isnan(base->kendall.value)) {
    const double x = axis.x(base->kendall.value);
    out << line(x, first, x, bottom, "baseline");
  }
  double y = first + kRowHeight / 2;
  for (const study::StudyRow& row : panel.rows) {
    draw_row(out, row, axis, y);
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
  out << fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" "
      "height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
      "font-family=\"sans-serif\" font-size=\"11\">\n",
      kWidth,
      height);
  out << "<style>.title{font-size:13px;font-weight:bold}"
         ".grid{stroke:#ddd}.interval{stroke:#36648b;stroke-width:2}"
         ".baseline{stroke:#b22222;stroke-dasharray:4 3}"
         ".dot{fill:#fff;stroke:#36648b;stroke-width:2}"
         ".beats{fill:#36648b;stroke:#36648b;stroke-width:2}</style>\n"
         "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n";
  double top = 0;
  for (const Panel& panel : panels) {
    draw_panel(out, panel, baseline, top);
    top += panel.height();
  }
  out << "</svg>\n";
}

}  // namespace zcp::report
