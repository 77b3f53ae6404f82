#include "analysis/report/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <ostream>

#include "common/printable.h"

namespace zcp::report {

const std::string_view kFigureStyle =
    ".title{font-size:13px;font-weight:bold}.note{fill:#555}"
    ".grid{stroke:#ddd}.frame{stroke:#888}"
    ".interval{stroke:#36648b;stroke-width:2}"
    ".interval-worse{stroke:#888;stroke-width:2}"
    ".baseline{stroke:#b22222;stroke-dasharray:4 3;stroke-width:1.5;fill:none}"
    ".beats{fill:#36648b;stroke:#36648b;stroke-width:2}"
    ".dot{fill:#fff;stroke:#36648b;stroke-width:2}"
    ".worse{fill:#888;stroke:#888}"
    ".interval-thin{fill:none;stroke-width:1}"
    ".series{fill:none;stroke-width:2}"
    ".other{fill:none;stroke:#ccc;stroke-width:1}"
    ".small{font-size:9px}.light{font-size:9px;fill:#fff}"
    ".point{fill:#36648b;fill-opacity:.5}.mark{stroke:#fff;stroke-width:1}";

namespace {

std::string attribute(std::string_view name, std::string_view value) {
  return value.empty() ? "" : fmt::format(" {}=\"{}\"", name, value);
}

std::string coordinates(std::span<const Point> points) {
  std::string text;
  for (const Point& point : points) {
    text += fmt::format("{:.1f},{:.1f} ", point.x, point.y);
  }
  if (!text.empty()) text.pop_back();
  return text;
}

std::string
turned(Point at, std::string_view anchor, std::string_view content) {
  return fmt::format(
      "<text transform=\"translate({:.1f} {:.1f}) rotate(-90)\" "
      "text-anchor=\"{}\">{}</text>\n",
      at.x,
      at.y,
      anchor,
      escape_xml(content));
}

using Colour = std::array<double, 3>;

std::string mixed(const Colour& from, const Colour& to, double share) {
  const double part = std::clamp(share, 0.0, 1.0);
  std::string text = "#";
  for (std::size_t i = 0; i < from.size(); ++i) {
    const double value = from[i] + (to[i] - from[i]) * part;
    text += fmt::format("{:02x}", static_cast<int>(std::lround(value)));
  }
  return text;
}

/// 1, 2 or 5 times a power of ten, so that about five steps make `span`.
double round_step(double span) {
  const double rough = span / 5;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double step : {1.0, 2.0, 5.0}) {
    if (rough <= step * power) return step * power;
  }
  return 10 * power;
}

}  // namespace

std::string escape_xml(std::string_view text) {
  std::string blank(text);
  for (char& c : blank) {
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  }
  std::string out;
  for (const char c : printable(blank)) {
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
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

void Svg::text(
    Point at,
    std::string_view anchor,
    std::string_view content,
    std::string_view style) {
  body_ += fmt::format(
      "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\"{}>{}</text>\n",
      at.x,
      at.y,
      anchor,
      attribute("class", style),
      escape_xml(content));
}

void Svg::upright_text(Point at, std::string_view content) {
  body_ += turned(at, "middle", content);
}

void Svg::upright_text_end(Point at, std::string_view content) {
  body_ += turned(at, "end", content);
}

void Svg::line(Point from, Point to, std::string_view style) {
  body_ += fmt::format(
      "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"{}/>\n",
      from.x,
      from.y,
      to.x,
      to.y,
      attribute("class", style));
}

void Svg::polyline(
    std::span<const Point> points,
    std::string_view style,
    std::string_view colour) {
  body_ += fmt::format(
      "<polyline points=\"{}\"{}{}/>\n",
      coordinates(points),
      attribute("class", style),
      attribute("stroke", colour));
}

void Svg::polygon(
    std::span<const Point> points,
    std::string_view style,
    std::string_view fill) {
  body_ += fmt::format(
      "<polygon points=\"{}\"{}{}/>\n",
      coordinates(points),
      attribute("class", style),
      attribute("fill", fill));
}

void Svg::circle(
    Point centre,
    double radius,
    std::string_view style,
    std::string_view fill) {
  body_ += fmt::format(
      "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:g}\"{}{}/>\n",
      centre.x,
      centre.y,
      radius,
      attribute("class", style),
      attribute("fill", fill));
}

void Svg::rectangle(
    Point corner,
    double width,
    double height,
    std::string_view fill) {
  body_ += fmt::format(
      "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
      "height=\"{:.1f}\"{}/>\n",
      corner.x,
      corner.y,
      width,
      height,
      attribute("fill", fill));
}

void Svg::group(std::string_view style, const std::function<void()>& draw) {
  body_ += fmt::format("<g{}>", attribute("class", style));
  draw();
  body_ += "</g>\n";
}

void Svg::write(std::ostream& out) const {
  out << fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" "
      "height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
      "font-family=\"sans-serif\" font-size=\"11\">\n"
      "<style>{2}</style>\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{3}</svg>\n",
      width_,
      height_,
      sheet_,
      body_);
}

double names_width(std::size_t longest) {
  return std::max(150.0, 20 + 7 * static_cast<double>(longest));
}

Axis::Axis(std::span<const double> values, double from, double to)
    : low_(0), high_(1), logarithmic_(false), from_(from), to_(to) {
  bool any = false;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    low_ = any ? std::min(low_, value) : value;
    high_ = any ? std::max(high_, value) : value;
    any = true;
  }
  logarithmic_ = any && low_ > 0 && high_ / low_ > 1000;
  if (logarithmic_) {
    const double margin = std::pow(high_ / low_, 0.03);
    low_ /= margin;
    high_ *= margin;
    return;
  }
  double margin = 0.03 * (high_ - low_);
  if (margin == 0) margin = high_ == 0 ? 1 : std::abs(high_) * 0.1;
  low_ -= margin;
  high_ += margin;
}

Axis::Axis(double low, double high, bool logarithmic, double from, double to)
    : low_(low), high_(high), logarithmic_(logarithmic), from_(from), to_(to) {}

double Axis::place(double value) const {
  if (!logarithmic_) return (value - low_) / (high_ - low_);
  return std::log(value / low_) / std::log(high_ / low_);
}

double Axis::pixel(double value) const {
  return from_ + place(value) * (to_ - from_);
}

std::vector<double> Axis::ticks() const {
  std::vector<double> values;
  if (logarithmic_) {
    const double low = std::ceil(std::log10(low_));
    const double high = std::floor(std::log10(high_));
    const double step = std::max(1.0, std::ceil((high - low) / 6));
    for (double power = low; power <= high; power += step) {
      values.push_back(std::pow(10.0, power));
    }
    return values;
  }
  const double step = round_step(high_ - low_);
  const double first = std::ceil(low_ / step);
  for (double i = 0; (first + i) * step <= high_ + step * 1e-9; ++i) {
    values.push_back((first + i) * step);
  }
  return values;
}

void draw_axes(
    Svg& svg,
    const Frame& frame,
    const Axis& x,
    const Axis& y,
    const std::string& x_name,
    const std::string& y_name) {
  for (const double tick : x.ticks()) {
    const double at = x.pixel(tick);
    svg.line({at, frame.top}, {at, frame.bottom}, "grid");
    svg.text({at, frame.bottom + 14}, "middle", tick_text(tick));
  }
  for (const double tick : y.ticks()) {
    const double at = y.pixel(tick);
    svg.line({frame.left, at}, {frame.right, at}, "grid");
    svg.text({frame.left - 6, at + 4}, "end", tick_text(tick));
  }
  svg.line({frame.left, frame.bottom}, {frame.right, frame.bottom}, "frame");
  svg.text(
      {(frame.left + frame.right) / 2, frame.bottom + 32},
      "middle",
      x_name + (x.logarithmic() ? " (logarithmic)" : ""));
  svg.upright_text(
      {frame.left - 46, (frame.top + frame.bottom) / 2},
      y_name + (y.logarithmic() ? " (logarithmic)" : ""));
}

std::string tick_text(double value) {
  const double size = std::abs(value);
  if (size < 1e-12) return "0";
  if (size >= 1e12) return fmt::format("{:.3g}", value);
  if (size >= 1e9) return fmt::format("{:.4g}G", value / 1e9);
  if (size >= 1e6) return fmt::format("{:.4g}M", value / 1e6);
  if (size >= 1e4) return fmt::format("{:.4g}k", value / 1e3);
  return fmt::format("{:.6g}", value);
}

std::string value_text(double value) {
  if (std::isnan(value)) return "-";
  const std::string text = fmt::format("{:.3f}", value);
  return text == "-0.000" ? "0.000" : text;
}

std::vector<double> spread_labels(
    std::span<const double> places,
    double gap,
    double top,
    double bottom) {
  std::vector<std::size_t> order(places.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return places[i]; });
  std::vector<double> spread(places.begin(), places.end());
  double free = top;
  for (const std::size_t i : order) {
    spread[i] = std::max(spread[i], free);
    free = spread[i] + gap;
  }
  double limit = bottom;
  for (auto at = order.rbegin(); at != order.rend(); ++at) {
    spread[*at] = std::min(spread[*at], limit);
    limit = spread[*at] - gap;
  }
  return spread;
}

void draw_key(
    Svg& svg,
    const Frame& frame,
    const std::vector<KeyEntry>& entries) {
  double y = frame.top + 10;
  for (const KeyEntry& entry : entries) {
    svg.circle({frame.right + 14, y - 4}, 4, "", entry.colour);
    svg.text({frame.right + 24, y}, "start", entry.text);
    y += 16;
  }
}

std::string sequential_colour(double share) {
  constexpr Colour kLight{222, 235, 247};
  constexpr Colour kMiddle{74, 134, 184};
  constexpr Colour kDark{8, 38, 84};
  if (share < 0.5) return mixed(kLight, kMiddle, share * 2);
  return mixed(kMiddle, kDark, share * 2 - 1);
}

std::string diverging_colour(double value) {
  constexpr Colour kLow{179, 88, 6};
  constexpr Colour kZero{250, 250, 250};
  constexpr Colour kHigh{23, 78, 130};
  return value < 0 ? mixed(kZero, kLow, -value) : mixed(kZero, kHigh, value);
}

std::span<const std::string_view> series_colours() {
  static constexpr std::array<std::string_view, 5> kColours{
      "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9"};
  return kColours;
}

}  // namespace zcp::report
