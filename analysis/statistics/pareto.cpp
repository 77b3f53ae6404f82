#include "analysis/statistics/pareto.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace zcp::statistics {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Rows without a NaN, the cheapest first, of equal cost the best first.
std::vector<std::size_t> cheapest_first(
    std::span<const double> value,
    std::span<const double> cost) {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < value.size(); ++row) {
    if (!std::isnan(value[row]) && !std::isnan(cost[row])) rows.push_back(row);
  }
  std::stable_sort(rows.begin(), rows.end(), [&](auto a, auto b) {
    return cost[a] != cost[b] ? cost[a] < cost[b] : value[a] > value[b];
  });
  return rows;
}

}  // namespace

std::vector<std::size_t> pareto_front(
    std::span<const double> value,
    std::span<const double> cost,
    Twins twins) {
  std::vector<std::size_t> front;
  for (const std::size_t row : cheapest_first(value, cost)) {
    const bool twin = !front.empty() && cost[front.back()] == cost[row] &&
                      value[front.back()] == value[row];
    const bool better = front.empty() || value[row] > value[front.back()];
    if (better || (twin && twins == Twins::all)) front.push_back(row);
  }
  return front;
}

double hypervolume(
    std::span<const double> value,
    std::span<const double> cost,
    std::span<const std::size_t> rows,
    double least,
    double most) {
  std::vector<std::size_t> order(rows.begin(), rows.end());
  std::sort(order.begin(), order.end(), [&](auto a, auto b) {
    return cost[a] < cost[b];
  });
  double area = 0;
  double height = least;
  double from = -kInfinity;
  for (const std::size_t row : order) {
    if (cost[row] > most) break;
    if (height > least) area += (cost[row] - from) * (height - least);
    from = cost[row];
    height = std::max(height, value[row]);
  }
  if (height > least) area += (most - from) * (height - least);
  return area;
}

}  // namespace zcp::statistics
