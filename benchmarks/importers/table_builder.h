// A table that grows number by number, for files that name architecture and
// column with each number.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "benchmarks/tables/table.h"

namespace zcp::importers {

/// Rows stand in the order in which their architectures were first put, columns
/// in the order of their names; what was not put is NaN.
class TableBuilder {
 public:
  /// Sets one number; the last of several for the same place stays.
  void put(const std::string& arch, const std::string& column, double value);

  /// The table of all that was put.
  tables::Table finish(std::string source);

 private:
  std::map<std::string, std::size_t> rows_;
  std::map<std::string, std::vector<double>> columns_;
};

}  // namespace zcp::importers
