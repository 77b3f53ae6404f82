// Subsets by a budget: architectures with about the same number of parameters
// or MACs. Among those, the number of parameters itself predicts little.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/study/subset.h"

namespace zcp::study {

/// Quantile bins of a column.
struct Bins {
  std::string column;
  std::size_t count;
};

/// A closed range of a column; either end may be infinite.
struct Range {
  std::string column;
  double low;
  double high;
  std::string name;  ///< as it was written
};

/// `params:4`. Throws UserError unless there is a name and a number of bins
/// from 2 to 100.
Bins parse_bins(std::string_view text);

/// `params=1e5:5e5`; `params=1e5:` and `params=:5e5` have one end. Throws
/// UserError unless there is a name and at least one number, low <= high.
Range parse_range(std::string_view text);

/// Rows between neighbouring quantiles 0, 1/count, ..., 1 of `values` (NumPy's
/// linear ones), the upper end included, the lower one in the first bin only,
/// as pandas.qcut has it. Equal values share a bin, so that bins differ in
/// size where many are equal; empty bins are left out, and NaN is in none.
/// Names are `params bin 2/4, LOW to HIGH` with the least and the greatest
/// value in the bin.
std::vector<Subset> quantile_bins(
    const Bins& bins,
    std::span<const double> values);

/// Rows in the range, under its name; NaN is in none. Throws UserError when
/// there are none, saying what the column ranges over.
Subset range_rows(const Range& range, std::span<const double> values);

}  // namespace zcp::study
