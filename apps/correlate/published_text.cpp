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
  std::string verdict(published::to_text(row.verdict));
  if (!row.why.empty()) verdict += " (" + row.why + ")";
  return {
      row.proxy,
      row.metric,
      row.theirs.statistic,
      as_printed(row.theirs),
      with_interval(row.ours, row.interval),
      std::isnan(row.width) ? "-" : fixed_number(row.width, 2),
      verdict};
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

/// "9 reproduced, 2 differ, 3 cannot be told".
std::string counts(const std::vector<published::PublishedRow>& rows) {
  const auto count = [&](published::Reproduction verdict) {
    return std::ranges::count(rows, verdict, &published::PublishedRow::verdict);
  };
  return fmt::format(
      "of {}: {} reproduced (theirs lies in our interval, which is no wider "
      "than {}), {} differ, {} cannot be told",
      rows.size(),
      count(published::Reproduction::reproduced),
      fixed_number(published::kTellingWidth, 1),
      count(published::Reproduction::differs),
      count(published::Reproduction::cannot_tell));
}

void print_comparison(
    const PublishedComparison& comparison,
    const std::string& protocol,
    TableWriter& out) {
  const published::PublishedTable& table = *comparison.choice.table;
  out.gap();
  out.note(
      fmt::format(
          "published: {} [{}]; {}; {}",
          table.title,
          comparison.choice.space,
          table.truth,
          table.source),
      0);
  if (!table.note.empty()) out.note("theirs: " + table.note, 2);
  out.note(
      "ours: " + (protocol.empty() ? "a table, which does not say how its "
                                     "scores were made"
                                   : protocol),
      2);
  print_remarks(comparison.rows, out);
  if (comparison.rows.empty()) {
    out.note("no proxy and metric is in both", 2);
    return;
  }
  std::vector<Cells> lines{
      {"proxy", "metric", "statistic", "theirs", "ours", "width", "verdict"}};
  for (const published::PublishedRow& row : comparison.rows) {
    lines.push_back(to_cells(row));
  }
  out.table(lines, 3);
  out.note(counts(comparison.rows), 2);
}

}  // namespace

void print_published(const CorrelateResult& result, TableWriter& out) {
  for (const PublishedComparison& comparison : result.published) {
    print_comparison(comparison, result.protocol, out);
  }
}

}  // namespace zcp::apps
