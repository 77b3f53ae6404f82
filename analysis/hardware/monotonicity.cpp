#include "analysis/hardware/monotonicity.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "analysis/statistics/cluster.h"
#include "analysis/statistics/columns.h"
#include "analysis/statistics/correlation.h"
#include "analysis/statistics/pairwise.h"
#include "analysis/statistics/pareto.h"
#include "common/error.h"

namespace zcp::hardware {
namespace {

double rho_or_none(std::span<const double> x, std::span<const double> y) {
  return x.size() < statistics::kLeastRows
             ? std::numeric_limits<double>::quiet_NaN()
             : statistics::spearman_rho(x, y);
}

void summarise(Monotonicity& found) {
  const std::size_t n = found.devices.size();
  for (std::size_t i = 0; i < n; ++i) {
    double least = 1;
    double sum = 0;
    for (std::size_t j = 0; j < n; ++j) {
      if (i == j) continue;
      // A device that shares too little with another stands in for nobody: one
      // NaN makes both numbers NaN.
      const double rho = found.rho[i][j];
      least = std::isnan(rho) ? rho : std::min(rho, least);
      sum += rho;
      if (std::isnan(rho)) break;
    }
    found.least.push_back(least);
    found.mean.push_back(sum / static_cast<double>(n - 1));
    const bool best = !std::isnan(least) &&
                      (!found.proxy || least > found.least[*found.proxy]);
    if (best) found.proxy = i;
  }
}

void choose_in_clusters(Monotonicity& found) {
  const std::size_t count = std::ranges::max(found.cluster) + 1;
  for (std::size_t c = 0; c < count; ++c) {
    double best = -std::numeric_limits<double>::infinity();
    std::size_t chosen = 0;
    for (std::size_t i = 0; i < found.devices.size(); ++i) {
      if (found.cluster[i] != c) continue;
      double sum = 0;
      for (std::size_t j = 0; j < found.devices.size(); ++j) {
        if (found.cluster[j] == c && !std::isnan(found.rho[i][j])) {
          sum += found.rho[i][j];
        }
      }
      if (sum > best) {
        best = sum;
        chosen = i;
      }
    }
    found.proxies.push_back(chosen);
  }
}

/// The rows of a front in order, those equal in value and cost together: which
/// of them comes first depends on the table's order alone.
std::vector<std::vector<std::size_t>> points_of(
    std::span<const std::size_t> front,
    std::span<const double> value,
    std::span<const double> cost) {
  std::vector<std::vector<std::size_t>> points;
  for (const std::size_t row : front) {
    const bool twin = !points.empty() &&
                      value[points.back().front()] == value[row] &&
                      cost[points.back().front()] == cost[row];
    if (!twin) points.emplace_back();
    points.back().push_back(row);
  }
  return points;
}

bool shares_row(
    std::span<const std::size_t> point,
    std::span<const std::size_t> front) {
  return std::ranges::any_of(point, [&](std::size_t row) {
    return std::ranges::find(front, row) != front.end();
  });
}

}  // namespace

tables::Table measurements(tables::Table costs, NonPositive rule) {
  if (rule == NonPositive::keep) return costs;
  for (auto& column : costs.values) {
    for (double& value : column) {
      if (value <= 0) value = std::numeric_limits<double>::quiet_NaN();
    }
  }
  return costs;
}

Monotonicity monotonicity(const tables::Table& costs, double alike) {
  const std::size_t n = costs.columns.size();
  if (n < 2) {
    throw UserError(
        "{}: {} device(s), expected two columns of numbers or more",
        costs.source,
        n);
  }
  Monotonicity found;
  found.devices = costs.columns;
  found.rho = statistics::correlate_pairs(
      costs.values, statistics::Missing::drop, rho_or_none);
  std::vector<double> distances;
  for (std::size_t i = 0; i < n; ++i) {
    found.rho[i][i] = 1;
    for (std::size_t j = 0; j < n; ++j) {
      const double rho = found.rho[i][j];
      distances.push_back(std::isnan(rho) ? 1 : 1 - rho);
    }
  }
  const auto merges = statistics::average_linkage(distances, n);
  found.cluster = statistics::cut_tree(merges, n, 1 - alike);
  found.order = statistics::leaf_order(merges, n);
  summarise(found);
  choose_in_clusters(found);
  return found;
}

Transfer transfer(
    const std::vector<double>& value,
    const std::vector<double>& proxy,
    const std::vector<double>& target) {
  std::vector<double> values;
  std::vector<double> near;
  std::vector<double> far;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (std::isnan(value[i]) || std::isnan(proxy[i]) || std::isnan(target[i])) {
      continue;
    }
    values.push_back(value[i]);
    near.push_back(proxy[i]);
    far.push_back(target[i]);
  }
  using statistics::Twins;
  const auto chosen = statistics::pareto_front(values, near, Twins::all);
  const auto own =
      points_of(statistics::pareto_front(values, far, Twins::all), values, far);
  Transfer result{points_of(chosen, values, near).size(), own.size()};
  double sum = 0;
  for (const auto& point : own) {
    if (shares_row(point, chosen)) ++result.common;
    const std::size_t best = point.front();
    double greatest = -std::numeric_limits<double>::infinity();
    for (const std::size_t row : chosen) {
      // Equal costs may differ in the last digits of how they were computed.
      const double budget = far[best] + 1e-9 * std::abs(far[best]);
      if (far[row] <= budget) greatest = std::max(greatest, values[row]);
    }
    if (std::isinf(greatest)) {
      ++result.without;
      continue;
    }
    const double loss = values[best] - greatest;
    sum += loss;
    result.most_loss = std::max(result.most_loss, loss);
  }
  const std::size_t kept = own.size() - result.without;
  result.mean_loss = kept > 0 ? sum / static_cast<double>(kept)
                              : std::numeric_limits<double>::quiet_NaN();
  return result;
}

}  // namespace zcp::hardware
