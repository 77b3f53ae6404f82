#include "apps/latency/cost_table.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <ostream>
#include <sstream>

#include "analysis/study/join.h"
#include "benchmarks/formats/csv.h"
#include "common/destination.h"
#include "common/error.h"

namespace zcp::apps {

std::vector<std::string> head_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line) && line.starts_with('#');) {
    lines.push_back(line);
  }
  return lines;
}

CostTable::CostTable(std::string path, std::string column, std::string protocol)
    : path_(std::move(path)), column_(std::move(column)) {
  const std::string own = "# " + column_ + ": " + protocol;
  if (path_ != "-" && std::filesystem::is_regular_file(path_) &&
      std::filesystem::file_size(path_) > 0) {
    const std::string text = formats::read_text(path_);
    heads_ = head_lines(text);
    table_ = tables::parse_table(text, path_);
  }
  const auto place = study::find_column(table_, column_);
  const auto head = std::ranges::find_if(heads_, [&](const auto& line) {
    return line.starts_with("# " + column_ + ": ");
  });
  if (place && (head == heads_.end() || *head != own)) {
    throw UserError(
        "{}: its column {} was measured as '{}', now '{}'; expected the same, "
        "or another --name",
        path_,
        column_,
        head == heads_.end() ? "not said" : head->substr(column_.size() + 4),
        protocol);
  }
  if (head == heads_.end()) heads_.push_back(own);
  at_ = place.value_or(table_.columns.size());
  if (place) return;
  table_.columns.push_back(column_);
  table_.values.emplace_back(
      table_.arch.size(), std::numeric_limits<double>::quiet_NaN());
}

bool CostTable::has(const std::string& arch) const {
  const auto found = std::ranges::find(table_.arch, arch);
  if (found == table_.arch.end()) return false;
  const auto row = static_cast<std::size_t>(found - table_.arch.begin());
  return !std::isnan(table_.values[at_][row]);
}

std::size_t CostTable::row_of(const std::string& arch) {
  const auto found = std::ranges::find(table_.arch, arch);
  const auto row = static_cast<std::size_t>(found - table_.arch.begin());
  if (found != table_.arch.end()) return row;
  table_.arch.push_back(arch);
  for (auto& values : table_.values) {
    values.push_back(std::numeric_limits<double>::quiet_NaN());
  }
  return row;
}

void CostTable::put(const std::string& arch, double value) {
  // The row may be a new one, which moves the columns' values.
  const std::size_t row = row_of(arch);
  table_.values[at_][row] = value;
}

void CostTable::write() const {
  write_output(path_, [&](std::ostream& out) {
    for (const std::string& line : heads_) out << line << "\n";
    tables::write_table(out, table_);
  });
}

}  // namespace zcp::apps
