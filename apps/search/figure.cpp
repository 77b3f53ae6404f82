#include "apps/search/figure.h"

#include <fmt/format.h>

namespace zcp::apps {
namespace {

report::SearchCurve curve_of(
    const std::string& name,
    const std::vector<RegretPoint>& points) {
  report::SearchCurve curve;
  curve.name = name;
  for (const RegretPoint& point : points) {
    curve.queries.push_back(static_cast<double>(point.queries));
    curve.mean.push_back(point.shown.mean);
    curve.low.push_back(point.shown.low);
    curve.high.push_back(point.shown.high);
  }
  return curve;
}

}  // namespace

report::RegretFigure regret_figure(
    const SearchOptions& options,
    std::span<const SearchResult> results,
    const SearchSummary& summary) {
  std::vector<report::SearchCurve> curves;
  for (const SearchResult& result : results) {
    curves.push_back(curve_of(result.algorithm, result.regret));
  }
  const std::string note = fmt::format(
      "chosen by {}, shown on {}{}",
      options.objectives.front().name,
      summary.metric,
      summary.repeats > 1
          ? fmt::format(
                "; mean of {} searches with 95 % intervals", summary.repeats)
          : "");
  return {
      curves,
      curve_of("random, exactly", summary.random),
      *summary.optimum,
      summary.metric,
      note};
}

}  // namespace zcp::apps
