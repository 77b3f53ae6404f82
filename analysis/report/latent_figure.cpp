#include "analysis/report/latent_figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <ostream>

#include "analysis/report/svg.h"
#include "analysis/statistics/ranks.h"

namespace zcp::report {
namespace {

constexpr Frame kFrame{72, 52, 510, 420};
constexpr double kWidth = 680;
constexpr double kHeight = 476;
constexpr std::size_t kDrawn = 2500;
constexpr std::string_view kGrey = "#bbbbbb";

/// Ranks of the truth from 0 to 1; below 0 where there is none.
std::vector<double> shares_of(
    std::span<const double> truth,
    std::size_t points) {
  std::vector<double> shares(points, -1);
  std::vector<double> known;
  for (const double value : truth) {
    if (std::isfinite(value)) known.push_back(value);
  }
  const std::vector<double> ranks = statistics::average_ranks(known);
  const auto last = std::max(1.0, static_cast<double>(known.size()) - 1);
  std::size_t next = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (std::isfinite(truth[i])) shares[i] = (ranks[next++] - 1) / last;
  }
  return shares;
}

/// Quantiles of the truth with their colours.
void draw_scale(
    Svg& svg,
    std::span<const double> truth,
    const std::string& metric) {
  std::vector<double> known;
  for (const double value : truth) {
    if (std::isfinite(value)) known.push_back(value);
  }
  if (known.empty()) return;
  std::ranges::sort(known);
  std::vector<std::string> colours;
  std::vector<KeyEntry> entries;
  constexpr int kSteps = 4;
  for (int i = kSteps; i >= 0; --i) {
    colours.push_back(sequential_colour(static_cast<double>(i) / kSteps));
  }
  const auto last = static_cast<double>(known.size() - 1);
  for (int i = 0; i <= kSteps; ++i) {
    const double share = 1 - static_cast<double>(i) / kSteps;
    const auto at = static_cast<std::size_t>(std::lround(share * last));
    const char* name = i == 0 ? "best " : i == kSteps ? "worst " : "";
    entries.push_back(
        {fmt::format("{}{:.4g}", name, known[at]),
         colours[static_cast<std::size_t>(i)]});
  }
  svg.text({kFrame.right + 16, kFrame.top - 8}, "start", metric, "note");
  draw_key(svg, kFrame, entries);
}

}  // namespace

void write_latent_figure(
    std::ostream& out,
    const latent::PrincipalPlane& plane,
    std::span<const double> truth,
    const LatentTexts& texts) {
  const Axis x(plane.x, kFrame.left, kFrame.right);
  const Axis y(plane.y, kFrame.bottom, kFrame.top);
  const auto shares = shares_of(truth, plane.x.size());
  std::vector<std::size_t> order(plane.x.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return shares[i]; });
  Svg svg(kWidth, kHeight);
  svg.text({kFrame.left, 20}, "start", texts.title, "title");
  const std::size_t drawn = std::min(kDrawn, order.size());
  const std::string note =
      drawn < order.size() ? fmt::format("{} of them drawn", drawn) : "";
  svg.text({kFrame.left, 37}, "start", note, "note");
  const auto axis_name = [&](int k) {
    return fmt::format(
        "{} principal component ({:.0f} % of the variance)",
        k == 0 ? "first" : "second",
        100 * plane.share[static_cast<std::size_t>(k)]);
  };
  draw_axes(svg, kFrame, x, y, axis_name(0), axis_name(1));
  for (std::size_t i = 0; i < drawn; ++i) {
    const std::size_t row = order[i * order.size() / drawn];
    const std::string colour =
        shares[row] < 0 ? std::string(kGrey) : sequential_colour(shares[row]);
    svg.circle({x.pixel(plane.x[row]), y.pixel(plane.y[row])}, 2, "", colour);
  }
  if (!truth.empty()) draw_scale(svg, truth, texts.metric);
  svg.write(out);
}

}  // namespace zcp::report
