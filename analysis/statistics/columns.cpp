#include "analysis/statistics/columns.h"

#include <cmath>
#include <limits>
#include <stdexcept>

namespace zcp::statistics {

void require_equal_lengths(
    std::span<const double> x,
    std::span<const double> y) {
  if (x.size() != y.size()) {
    throw std::invalid_argument("columns of different lengths");
  }
}

ColumnPair settle_missing(
    std::span<const double> x,
    std::span<const double> y,
    Missing missing) {
  constexpr double kLowest = -std::numeric_limits<double>::infinity();
  require_equal_lengths(x, y);
  ColumnPair out;
  out.x.reserve(x.size());
  out.y.reserve(y.size());
  for (std::size_t row = 0; row < x.size(); ++row) {
    const bool absent = std::isnan(x[row]) || std::isnan(y[row]);
    if (absent && missing == Missing::drop) continue;
    out.x.push_back(std::isnan(x[row]) ? kLowest : x[row]);
    out.y.push_back(std::isnan(y[row]) ? kLowest : y[row]);
  }
  return out;
}

}  // namespace zcp::statistics
