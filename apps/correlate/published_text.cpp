#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/correlate/print.h"
#include "apps/text_table.h"

namespace zcp::apps {
namespace {

/// What keeps the two from being the same quantity.
std::string remark(const published::PublishedRow& row) {
  std::vector<std::string> parts;
  if (!row.same_truth) parts.push_back("theirs: " + row.theirs.metric);
  if (!row.same_population) {
    parts.push_back(fmt::format(
        "theirs: {} {}, ours: {}",
        row.theirs.population,
        row.theirs.cells,
        row.n));
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

/// With the decimals that the paper prints.
std::string as_printed(const published::PublishedValue& theirs) {
  const double decimals = -std::log10(2 * theirs.rounding);
  return fixed_number(theirs.value, static_cast<int>(std::lround(decimals)));
}

Cells to_cells(const published::PublishedRow& row) {
  const bool known = !std::isnan(row.interval.low);
  return {
      row.proxy,
      row.metric,
      row.theirs.statistic,
      as_printed(row.theirs),
      with_interval(row.ours, row.interval),
      known ? row.inside ? "yes" : "no" : "-"};
}

/// Says once what holds for all rows.
void print_remarks(
    const std::vector<published::PublishedRow>& rows,
    TableWriter& out) {
  std::vector<std::string> said;
  for (const published::PublishedRow& row : rows) {
    std::string text = remark(row);
    if (text.empty() ||
        std::find(said.begin(), said.end(), text) != said.end()) {
      continue;
    }
    out.note("differs: " + row.metric + ": " + text, 2);
    said.push_back(std::move(text));
  }
}

}  // namespace

void print_published(const CorrelateResult& result, TableWriter& out) {
  if (!result.published) return;
  const published::PublishedTable& table = *result.published->table;
  out.gap();
  out.note(
      fmt::format(
          "published: {} [{}]; {}; {}",
          table.title,
          result.published->space,
          table.truth,
          table.source),
      0);
  if (!table.note.empty()) out.note("note: " + table.note, 2);
  print_remarks(result.published_rows, out);
  if (result.published_rows.empty()) {
    out.note("no proxy and metric is in both", 2);
    return;
  }
  std::vector<Cells> lines{
      {"proxy", "metric", "statistic", "theirs", "ours", "inside"}};
  std::size_t inside = 0;
  std::size_t known = 0;
  for (const published::PublishedRow& row : result.published_rows) {
    lines.push_back(to_cells(row));
    inside += row.inside ? 1 : 0;
    known += std::isnan(row.interval.low) ? 0 : 1;
  }
  out.table(lines, 3);
  out.note(fmt::format("{} of {} lie in our interval", inside, known), 2);
}

}  // namespace zcp::apps
