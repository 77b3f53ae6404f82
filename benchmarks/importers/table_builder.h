// A table that grows number by number, for files that name architecture and
// column with each number.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks/importers/importer.h"

namespace zcp::importers {

/// Rows stand in the order in which their architectures were first put, columns
/// in the order of their names; what was not put is NaN.
class TableBuilder {
 public:
  /// Sets one number. NaN is no number and stays empty. A place that gets two
  /// different numbers is empty, whatever it gets afterwards.
  void put(const std::string& arch, const std::string& column, double value);

  /// What is no number and what contradicts each other is noted here; more can
  /// be.
  Unused& unused() { return unused_; }

  /// The table of all that was put.
  Imported finish(std::string source);

 private:
  void contradict(
      const std::string& arch,
      const std::string& column,
      double& value,
      double other);

  std::map<std::string, std::size_t> rows_;
  std::map<std::string, std::vector<double>> columns_;
  std::set<std::pair<std::string, std::string>> contradictions_;
  Unused unused_;
};

}  // namespace zcp::importers
