// --max COLUMN=VALUE, --min COLUMN=VALUE and --costs F: which architectures
// are small, fast or large enough. No LibTorch.
#pragma once

#include <boost/program_options.hpp>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "benchmarks/tables/table.h"
#include "nets/graph/sizes.h"
#include "nets/spaces/space.h"

namespace zcp::apps {

/// One limit. A value that is equal to it is within it.
struct Bound {
  enum class Side { most, least };

  std::string column;
  Side side = Side::most;
  double value = 0;

  /// "--max params=450000".
  std::string text() const;

  /// NaN, a value that is not known, is never within.
  bool holds(double found) const;
};

/// What was asked for.
struct Budget {
  std::vector<Bound> bounds;
  std::string costs;  ///< a CSV with a column arch; empty: none

  bool empty() const { return bounds.empty(); }

  /// The columns that are limited, each once, in the order given.
  std::vector<std::string> columns() const;

  /// Whether one of them is params, macs, depth or features.
  bool needs_graphs() const;

  /// The first bound that does not hold; none where all do. `value` gives the
  /// value of a column.
  const Bound* first_broken(
      const std::function<double(const std::string& column)>& value) const;
};

/// --max, --min (repeatable) and --costs.
void add_budget_options(boost::program_options::options_description& options);

/// The values of what add_budget_options() added. Throws UserError for a text
/// that is not COLUMN=VALUE with a finite number, for bounds that no value
/// meets, for a column that is none of params, macs, depth and features where
/// there is no --costs, and for --costs of which no bound names a column.
Budget parse_budget(const boost::program_options::variables_map& values);

/// Whether a column is one of the four that a graph has.
bool is_size(const std::string& column);

/// The value of one of the four. Throws std::invalid_argument for another.
double size_value(const graph::Sizes& sizes, const std::string& column);

/// The columns of --costs that a budget limits, by architecture.
class Costs {
 public:
  /// Reads the budget's file; nothing where it names none. With a `space` the
  /// names may be specs of it in any form, beside rows of other spaces. Throws
  /// UserError for a file that cannot be read, that has not the column that a
  /// bound names, no architecture of the space, or one twice with different
  /// costs.
  explicit Costs(const Budget& budget, const spaces::Space* space = nullptr);

  /// NaN where the file has no such architecture or no cost of it. Throws
  /// std::out_of_range for a column that no bound names.
  double value(const std::string& arch, const std::string& column) const;

  /// Whether the file has the architecture.
  bool has(const std::string& arch) const { return rows_.contains(arch); }

 private:
  tables::Table table_;
  std::unordered_map<std::string, std::size_t> rows_;
};

}  // namespace zcp::apps
