#include "benchmarks/importers/table_builder.h"

#include <fmt/format.h>

#include <cmath>

#include "common/missing.h"

namespace zcp::importers {

void TableBuilder::put(
    const std::string& arch,
    const std::string& column,
    double value) {
  const std::size_t row = rows_.try_emplace(arch, rows_.size()).first->second;
  auto& values = columns_[column];
  if (values.size() <= row) values.resize(row + 1, kNan);
  double& own = values[row];
  if (std::isnan(value)) {
    unused_.add(kNoNumbers, fmt::format("{} of {}", column, arch));
  } else if (std::isnan(own)) {
    if (!contradictions_.contains({arch, column})) own = value;
  } else if (own != value) {
    contradict(arch, column, own, value);
  }
}

void TableBuilder::contradict(
    const std::string& arch,
    const std::string& column,
    double& value,
    double other) {
  unused_.add(
      kContradictions,
      fmt::format("{} of {}: {} and {}", column, arch, value, other));
  contradictions_.emplace(arch, column);
  value = kNan;
}

Imported TableBuilder::finish(std::string source) {
  Imported table;
  table.source = std::move(source);
  table.arch.resize(rows_.size());
  for (const auto& [arch, row] : rows_) table.arch[row] = arch;
  for (auto& [name, values] : columns_) {
    values.resize(rows_.size(), kNan);
    table.columns.push_back(name);
    table.values.push_back(std::move(values));
  }
  table.unused = std::move(unused_);
  return table;
}

}  // namespace zcp::importers
