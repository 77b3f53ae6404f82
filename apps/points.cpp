#include "apps/points.h"

#include <fmt/format.h>

#include <cmath>

#include "apps/encode/saved.h"
#include "apps/study_tables.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

void check_numbers(const tables::Table& table) {
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    for (std::size_t row = 0; row < table.arch.size(); ++row) {
      const double value = table.values[c][row];
      if (std::isfinite(value)) continue;
      throw UserError(
          "{}: {} of {}: found {}, expected a finite number, since a point has "
          "all of its numbers",
          table.source,
          table.columns[c],
          table.arch[row],
          std::isnan(value) ? "none" : "an infinite one");
    }
  }
}

}  // namespace

tables::Table read_points(const std::string& path, const std::string& key) {
  StudyRequest request;
  request.scores = path;
  request.key_scores = key;
  const tables::Table read = read_study_scores(path, request);
  tables::Table table;
  table.source = read.source;
  table.arch = read.arch;
  table.notes = read.notes;
  for (std::size_t c = 0; c < read.columns.size(); ++c) {
    if (tables::is_index_column(read.columns[c])) continue;
    table.columns.push_back(read.columns[c]);
    table.values.push_back(read.values[c]);
  }
  for (const tables::LeftOut& left : read.left_out) {
    table.notes.push_back(fmt::format(
        "{}: {} is no number of the points ({})",
        read.source,
        left.column,
        left.text()));
  }
  if (table.columns.empty()) {
    throw UserError(
        "{}: expected columns of numbers beside {}", table.source, key);
  }
  check_numbers(table);
  table.notes.push_back(fmt::format(
      "{}: {} architectures as points of {} numbers",
      table.source,
      table.arch.size(),
      table.columns.size()));
  return table;
}

void require_table_for_key(
    const boost::program_options::variables_map& values,
    const std::string& path) {
  if (values.count("key-encodings") == 0) return;
  if (path.empty()) throw UserError("--key-encodings: goes with --encodings");
  if (is_encoder_file(path)) {
    throw UserError(
        "--key-encodings: names a column of a table of points; {} is an "
        "encoder",
        path);
  }
}

}  // namespace zcp::apps
