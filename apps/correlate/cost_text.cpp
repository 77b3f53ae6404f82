#include <fmt/format.h>

#include "apps/correlate/print.h"
#include "apps/text_table.h"

namespace zcp::apps {
namespace {

/// The rows of one metric.
void print_cost(
    const std::vector<study::CostTradeOff>& rows,
    TableWriter& out) {
  const study::CostTradeOff& first = rows.front();
  out.title(fmt::format(
      "{} against {}: n = {}, {} on the true front",
      first.metric,
      first.cost,
      first.n,
      first.true_front));
  Cells header{"proxy", "missing", "front", "shared", "hypervolume"};
  Cells best{"", "", "", "", "best"};
  for (const study::LimitLoss& loss : first.limits) {
    header.push_back(fmt::format("lost at {}", plain_number(loss.limit)));
    best.push_back(plain_number(loss.best));
  }
  std::vector<Cells> lines{header, best};
  for (const study::CostTradeOff& row : rows) {
    Cells cells{
        row.proxy,
        fmt::format("{}", row.missing),
        fmt::format("{}", row.chosen_front),
        fmt::format("{}", row.shared),
        short_number(row.hypervolume_ratio)};
    for (const study::LimitLoss& loss : row.limits) {
      cells.push_back(brief_number(loss.lost));
    }
    lines.push_back(std::move(cells));
  }
  out.table(lines);
  std::vector<std::string> few;
  for (const study::LimitLoss& loss : first.limits) {
    if (loss.n < statistics::kLeastRows) {
      few.push_back(plain_number(loss.limit));
    }
  }
  if (few.empty()) return;
  out.note(
      fmt::format(
          "fewer than {} architectures, nothing lost is shown: within {}",
          statistics::kLeastRows,
          fmt::join(few, ", ")),
      2);
}

}  // namespace

void print_costs(const CorrelateResult& result, TableWriter& out) {
  for (const std::string& metric : result.options.request.study.metrics) {
    std::vector<study::CostTradeOff> rows;
    for (const study::CostTradeOff& row : result.costs) {
      if (row.metric == metric) rows.push_back(row);
    }
    if (rows.empty()) continue;
    out.gap();
    print_cost(rows, out);
  }
}

}  // namespace zcp::apps
