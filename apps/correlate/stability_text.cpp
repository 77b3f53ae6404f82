#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/correlate/print.h"
#include "apps/text_table.h"

namespace zcp::apps {
namespace {

/// "mean (least)".
std::string with_least(double mean, double least) {
  return fmt::format("{} ({})", short_number(mean), short_number(least));
}

/// Mean, standard deviation and range of tau with a metric over the runs.
void print_run_taus(const CorrelateResult& result, TableWriter& out) {
  if (result.run_taus.empty()) return;
  std::vector<Cells> lines{
      {"proxy", "metric", "mean tau", "deviation", "least", "greatest"}};
  for (const RunTaus& row : result.run_taus) {
    const auto n = static_cast<double>(row.tau.size());
    double mean = 0;
    double squares = 0;
    for (const double tau : row.tau) mean += tau / n;
    for (const double tau : row.tau) squares += (tau - mean) * (tau - mean);
    const auto [low, high] =
        std::minmax_element(row.tau.begin(), row.tau.end());
    lines.push_back(
        {row.proxy,
         row.metric,
         short_number(mean),
         fmt::format("{:.4f}", std::sqrt(squares / (n - 1))),
         short_number(*low),
         short_number(*high)});
  }
  out.gap();
  out.title("tau with the truth over the runs");
  out.table(lines, 2);
}

}  // namespace

void print_stability(const CorrelateResult& result, TableWriter& out) {
  if (result.stability.empty()) return;
  const bool first_table = result.study.rows.empty() && !result.options.pairs;
  if (!first_table) out.gap();
  const study::Stability& first = result.stability.front();
  out.title(fmt::format(
      "stability over {} runs: mean (least) of their pairs", first.runs));
  std::vector<Cells> lines{
      {"proxy",
       "n",
       "missing",
       "tau",
       "rho",
       "ICC(1,1)",
       "ICC(3,1)",
       "rank change",
       "top 10 % kept"}};
  for (const study::Stability& row : result.stability) {
    lines.push_back(
        {row.proxy,
         fmt::format("{}", row.n),
         fmt::format("{}", row.missing),
         with_least(row.tau, row.tau_least),
         with_least(row.rho, row.rho_least),
         short_number(row.icc_agreement),
         short_number(row.icc_consistency),
         std::isnan(row.rank_change) ? "-"
                                     : fmt::format("{:.1f}", row.rank_change),
         short_number(row.kept)});
  }
  out.table(lines);
  print_run_taus(result, out);
}

}  // namespace zcp::apps
