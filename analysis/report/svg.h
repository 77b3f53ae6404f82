// What the figures are drawn with: SVG elements, axes, legible numbers.
#pragma once

#include <functional>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zcp::report {

/// `text` with the characters that mean something in XML escaped; control
/// characters, which XML has no place for, become blanks.
std::string escape_xml(std::string_view text);

struct Point {
  double x;
  double y;
};

/// The style sheet of a report's figures.
extern const std::string_view kFigureStyle;

/// An SVG document; what is drawn later covers what was drawn before. Lengths
/// are in pixels, y grows downwards, `style` is a class of the style sheet.
class Svg {
 public:
  /// `sheet` is CSS that outlives the document.
  Svg(double width, double height, std::string_view sheet = kFigureStyle)
      : width_(width), height_(height), sheet_(sheet) {}

  /// `anchor` is start, middle or end.
  void text(
      Point at,
      std::string_view anchor,
      std::string_view content,
      std::string_view style = "");
  /// Reads upwards, centred on `at`.
  void upright_text(Point at, std::string_view content);
  /// Reads upwards, its end at `at`.
  void upright_text_end(Point at, std::string_view content);
  void line(Point from, Point to, std::string_view style);
  void polyline(
      std::span<const Point> points,
      std::string_view style,
      std::string_view colour = "");
  void polygon(
      std::span<const Point> points,
      std::string_view style,
      std::string_view fill = "");
  void circle(
      Point centre,
      double radius,
      std::string_view style,
      std::string_view fill = "");
  void
  rectangle(Point corner, double width, double height, std::string_view fill);

  /// What `draw` draws on this document inherits the style.
  void group(std::string_view style, const std::function<void()>& draw);

  void write(std::ostream& out) const;

 private:
  double width_;
  double height_;
  std::string_view sheet_;
  std::string body_;
};

/// Room left of a plot for the longest of its names, of so many bytes, in the
/// figures' font: 150 pixels or more.
double names_width(std::size_t longest);

/// Maps values to pixels, linearly or by their logarithm.
class Axis {
 public:
  /// Covers the finite `values` and a little more; logarithmic when all are
  /// positive and they span more than three powers of ten. `from` and `to` are
  /// the pixels of its ends, in either order.
  Axis(std::span<const double> values, double from, double to);
  /// Covers [low, high] exactly.
  Axis(double low, double high, bool logarithmic, double from, double to);

  double pixel(double value) const;
  /// Round values in ascending order, some five of them.
  std::vector<double> ticks() const;
  bool logarithmic() const { return logarithmic_; }

 private:
  double place(double value) const;

  double low_;
  double high_;
  bool logarithmic_;
  double from_;
  double to_;
};

/// Lines and numbers of both axes of a plot in [left, right] x [top, bottom],
/// and what they measure.
struct Frame {
  double left;
  double top;
  double right;
  double bottom;
};
void draw_axes(
    Svg& svg,
    const Frame& frame,
    const Axis& x,
    const Axis& y,
    const std::string& x_name,
    const std::string& y_name);

/// A line of the key beside a plot: what a colour stands for.
struct KeyEntry {
  std::string text;
  std::string_view colour;
};

/// The key to the right of the frame, from its top down.
void draw_key(
    Svg& svg,
    const Frame& frame,
    const std::vector<KeyEntry>& entries);

/// "0.2", "1.5M", "1e-05".
std::string tick_text(double value);

/// ".612" as "0.612", "-" where there is no number.
std::string value_text(double value);

/// Places for labels that are at least `gap` pixels apart, near to `places` and
/// within [top, bottom] where there is room for all. In the order given.
std::vector<double> spread_labels(
    std::span<const double> places,
    double gap,
    double top,
    double bottom);

/// `share` of the way from light to dark blue, for counts; "#rrggbb".
std::string sequential_colour(double share);

/// -1 orange, 0 white, 1 blue: told apart without red and green.
std::string diverging_colour(double value);

/// Colours of single proxies that are told apart with any colour vision
/// (Okabe and Ito 2008), without the one of the baseline.
std::span<const std::string_view> series_colours();

}  // namespace zcp::report
