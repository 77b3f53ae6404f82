#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>

#include "analysis/report/figures.h"
#include "analysis/report/svg.h"

namespace zcp::report {
namespace {

constexpr double kCell = 26;
constexpr double kTop = 46;

/// A cell and its number without the leading zero.
void draw_cell(Svg& svg, double tau, Point corner) {
  const bool number = !std::isnan(tau);
  svg.rectangle(
      corner, kCell - 1, kCell - 1, number ? diverging_colour(tau) : "#eee");
  std::string text = number ? fmt::format("{:.2f}", tau) : "-";
  if (text.starts_with("0.")) text.erase(0, 1);
  if (text.starts_with("-0.")) text.erase(1, 1);
  if (text == "-.00") text = ".00";
  svg.text(
      {corner.x + kCell / 2 - 0.5, corner.y + kCell / 2 + 3},
      "middle",
      text,
      number && std::abs(tau) > 0.65 ? "light" : "small");
}

}  // namespace

void write_similarity_figure(std::ostream& out, const Report& report) {
  const Similarity& similarity = report.similarity;
  const std::size_t count = similarity.names.size();
  const double side = kCell * static_cast<double>(count);
  std::size_t longest = 0;
  for (const std::string& name : similarity.names) {
    longest = std::max(longest, name.size());
  }
  const double left = names_width(longest);
  const double below = 16 + 7 * static_cast<double>(longest);
  Svg svg(std::max(left + side + 20, 480.0), kTop + side + below);
  svg.text(
      {left, 20},
      "start",
      "Do proxies rank alike? tau-b between them",
      "title");
  svg.text(
      {left, 36},
      "start",
      "similar ones side by side (average linkage)",
      "note");
  for (std::size_t i = 0; i < count; ++i) {
    const double at = kTop + kCell * static_cast<double>(i);
    svg.text({left - 8, at + kCell / 2 + 3}, "end", similarity.names[i]);
    for (std::size_t j = 0; j < count; ++j) {
      draw_cell(
          svg,
          similarity.tau[i][j],
          {left + kCell * static_cast<double>(j), at});
    }
    svg.upright_text_end(
        {left + kCell * (static_cast<double>(i) + 0.5) + 4, kTop + side + 8},
        similarity.names[i]);
  }
  svg.write(out);
}

}  // namespace zcp::report
