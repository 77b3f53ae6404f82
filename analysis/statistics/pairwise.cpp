#include "analysis/statistics/pairwise.h"

#include "common/parallel.h"

namespace zcp::statistics {

std::vector<std::vector<double>> correlate_pairs(
    std::span<const std::vector<double>> columns,
    Missing missing,
    CorrelationOf correlation) {
  const std::size_t count = columns.size();
  std::vector<std::vector<double>> values(count, std::vector<double>(count));
  parallel_for(count * count, [&](std::size_t cell) {
    const std::size_t a = cell / count;
    const std::size_t b = cell % count;
    if (b < a) return;
    const ColumnPair pair = settle_missing(columns[a], columns[b], missing);
    values[a][b] = values[b][a] = correlation(pair.x, pair.y);
  });
  return values;
}

}  // namespace zcp::statistics
