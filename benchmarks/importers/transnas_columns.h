// The table of TransNAS-Bench-101 under way.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "benchmarks/importers/importer.h"

namespace zcp::importers {

/// Filled row by row: add_row() begins a row, what follows goes to it. What was
/// not put is NaN.
class TransnasColumns {
 public:
  explicit TransnasColumns(std::string source);

  std::size_t rows() const { return table_.arch.size(); }

  /// The row that numbers go to from now on. Throws UserError when the
  /// architecture has a row already, and when it is none of the benchmark's.
  void add_row(std::string_view arch);

  /// The number of the task; none for one that is not known, which is noted,
  /// or before the first row.
  std::optional<std::size_t> find_task(std::string_view name);

  /// The column that the metric test_M or valid_M of the task goes to; none
  /// for other metrics.
  static std::optional<std::size_t> find_metric(
      std::size_t task,
      std::string_view name);

  /// The metric's value after one epoch more: it becomes the last one, and the
  /// best one where it is.
  void add_epoch(std::size_t column, double value);

  /// A number of model_info; names that the table has no column for are left
  /// out.
  void put_info(std::size_t task, std::string_view name, double value);

  /// The table. Throws UserError when it has no number.
  Imported finish();

 private:
  Imported table_;
  std::unordered_set<std::string> known_;
};

}  // namespace zcp::importers
