#include "benchmarks/importers/table_builder.h"

#include <limits>

namespace zcp::importers {
namespace {

constexpr double kEmpty = std::numeric_limits<double>::quiet_NaN();

}  // namespace

void TableBuilder::put(
    const std::string& arch,
    const std::string& column,
    double value) {
  const std::size_t row = rows_.try_emplace(arch, rows_.size()).first->second;
  auto& values = columns_[column];
  if (values.size() <= row) values.resize(row + 1, kEmpty);
  values[row] = value;
}

tables::Table TableBuilder::finish(std::string source) {
  tables::Table table{std::move(source), {}, {}, {}};
  table.arch.resize(rows_.size());
  for (const auto& [arch, row] : rows_) table.arch[row] = arch;
  for (auto& [name, values] : columns_) {
    values.resize(rows_.size(), kEmpty);
    table.columns.push_back(name);
    table.values.push_back(std::move(values));
  }
  return table;
}

}  // namespace zcp::importers
