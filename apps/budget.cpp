#include "apps/budget.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "analysis/study/join.h"
#include "apps/command.h"
#include "apps/study_options.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;
using Strings = std::vector<std::string>;

constexpr const char* kExpected =
    "expected COLUMN=VALUE with a number, like params=450e3";

const char* option_of(Bound::Side side) {
  return side == Bound::Side::most ? "max" : "min";
}

Bound parse_bound(const std::string& text, Bound::Side side) {
  const std::size_t equals = text.rfind('=');
  const bool named = equals != std::string::npos && equals > 0;
  const auto value =
      named ? parse_number(text.substr(equals + 1)) : std::optional<double>();
  if (!value) throw UserError("--{} {}: {}", option_of(side), text, kExpected);
  return {text.substr(0, equals), side, *value};
}

/// Bounds of one column that exclude every value.
void refuse_contradictions(const std::vector<Bound>& bounds) {
  for (const Bound& most : bounds) {
    if (most.side != Bound::Side::most) continue;
    for (const Bound& least : bounds) {
      const bool same =
          least.side == Bound::Side::least && least.column == most.column;
      if (same && least.value > most.value) {
        throw UserError(
            "{} and {}: no value is within both", least.text(), most.text());
      }
    }
  }
}

/// The names of rows as the space writes them. A table of devices may have rows
/// of other spaces, which stay as they are.
Strings normal_names(const tables::Table& table, const spaces::Space& space) {
  Strings names;
  std::string problem;
  std::size_t others = 0;
  for (const std::string& written : table.arch) {
    try {
      names.push_back(space.normalise(written));
    } catch (const UserError& error) {
      if (others++ == 0) problem = error.what();
      names.push_back(written);
    }
  }
  if (others == 0 || others < names.size()) return names;
  throw UserError(
      "{}: expected architectures of {}: {}",
      table.source,
      space.info().name,
      problem);
}

}  // namespace

std::string Bound::text() const {
  return fmt::format("--{} {}={:.10g}", option_of(side), column, value);
}

bool Bound::holds(double found) const {
  return side == Side::most ? found <= value : found >= value;
}

std::vector<std::string> Budget::columns() const {
  Strings names;
  for (const Bound& bound : bounds) {
    if (std::ranges::find(names, bound.column) == names.end()) {
      names.push_back(bound.column);
    }
  }
  return names;
}

bool Budget::needs_graphs() const {
  return std::ranges::any_of(
      bounds, [](const Bound& bound) { return is_size(bound.column); });
}

const Bound* Budget::first_broken(
    const std::function<double(const std::string& column)>& value) const {
  for (const Bound& bound : bounds) {
    if (!bound.holds(value(bound.column))) return &bound;
  }
  return nullptr;
}

void add_budget_options(po::options_description& options) {
  options.add_options()(
      "max",
      po::value<Strings>()->composing(),
      "only architectures with at most this value; repeatable. Columns are "
      "params; macs; depth (convolutions and linear layers on the longest way "
      "through the network); features (numbers in its largest feature map); "
      "and those of --costs")(
      "min",
      po::value<Strings>()->composing(),
      "only architectures with at least this value; repeatable")(
      "costs",
      po::value<std::string>(),
      "a CSV with a column arch and columns for --max and --min, such as "
      "measured latencies");
}

Budget parse_budget(const po::variables_map& values) {
  Budget budget;
  for (const auto side : {Bound::Side::most, Bound::Side::least}) {
    for (const std::string& text :
         optional_value<Strings>(values, option_of(side)).value_or(Strings())) {
      budget.bounds.push_back(parse_bound(text, side));
    }
  }
  refuse_contradictions(budget.bounds);
  budget.costs = optional_value<std::string>(values, "costs").value_or("");
  if (!budget.costs.empty() && budget.empty()) {
    throw UserError(
        "--costs {}: goes with --max or --min, which say what is limited",
        budget.costs);
  }
  const bool uses_costs = !std::ranges::all_of(
      budget.bounds, [](const Bound& bound) { return is_size(bound.column); });
  if (!budget.costs.empty() && !uses_costs) {
    throw UserError(
        "--costs {}: no --max or --min names a column of it (params, macs, "
        "depth and features are always the network's own)",
        budget.costs);
  }
  if (!budget.costs.empty()) return budget;
  for (const Bound& bound : budget.bounds) {
    if (is_size(bound.column)) continue;
    const Strings known(graph::kSizeNames.begin(), graph::kSizeNames.end());
    const std::string near = nearest_name(bound.column, known);
    throw UserError(
        "{}: no column {}{}; expected {}, or a column of --costs F",
        bound.text(),
        bound.column,
        near.empty() ? "" : ", did you mean " + near + "?",
        fmt::join(known, ", "));
  }
  return budget;
}

bool is_size(const std::string& column) {
  return std::ranges::find(graph::kSizeNames, column) !=
         graph::kSizeNames.end();
}

double size_value(const graph::Sizes& sizes, const std::string& column) {
  if (column == "params") return sizes.params;
  if (column == "macs") return sizes.macs;
  if (column == "depth") return sizes.depth;
  if (column == "features") return sizes.features;
  throw std::invalid_argument("no size of a graph: " + column);
}

Costs::Costs(const Budget& budget, const spaces::Space* space) {
  if (budget.costs.empty()) return;
  Strings columns = budget.columns();
  std::erase_if(columns, is_size);
  table_ = tables::read_table(budget.costs, columns);
  const Strings names =
      space != nullptr ? normal_names(table_, *space) : table_.arch;
  for (std::size_t row = 0; row < table_.arch.size(); ++row) {
    const std::string& written = table_.arch[row];
    const auto [found, is_new] = rows_.emplace(names[row], row);
    if (is_new) continue;
    for (const auto& values : table_.values) {
      const double first = values[found->second];
      if (first == values[row] ||
          (std::isnan(first) && std::isnan(values[row]))) {
        continue;
      }
      throw UserError(
          "{}: {} and {} are one architecture with different costs",
          table_.source,
          table_.arch[found->second],
          written);
    }
  }
}

double Costs::value(const std::string& arch, const std::string& column) const {
  const auto place = study::find_column(table_, column);
  if (!place) throw std::out_of_range("no cost " + column);
  const auto row = rows_.find(arch);
  if (row == rows_.end()) return std::numeric_limits<double>::quiet_NaN();
  return table_.values[*place][row->second];
}

}  // namespace zcp::apps
