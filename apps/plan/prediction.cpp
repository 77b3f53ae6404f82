#include "apps/plan/prediction.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace zcp::apps {
namespace {

double sum(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace

std::vector<Stratum> choose_strata(
    std::span<const double> costs,
    std::size_t count) {
  const double share = sum(costs) / static_cast<double>(count);
  std::vector<Stratum> strata;
  double before = 0;  // the cost of all items so far
  std::size_t begin = 0;
  for (std::size_t i = 0; i < costs.size(); ++i) {
    before += costs[i];
    const std::size_t left = costs.size() - i - 1;
    const std::size_t missing = count - strata.size() - 1;
    const bool full = before >= share * static_cast<double>(strata.size() + 1);
    const bool ends =
        left == 0 || (strata.size() + 1 < count && (full || left == missing));
    if (!ends) continue;
    const double whole = sum(costs.subspan(begin, i + 1 - begin));
    double half = 0;
    std::size_t chosen = begin;
    while (chosen < i && (half += costs[chosen]) < whole / 2) ++chosen;
    strata.push_back({begin, i + 1, chosen});
    begin = i + 1;
  }
  return strata;
}

std::vector<double> predict_items(
    std::span<const double> costs,
    std::span<const Stratum> strata,
    std::span<const double> measured) {
  std::vector<double> seconds(costs.size());
  for (std::size_t s = 0; s < strata.size(); ++s) {
    const Stratum& stratum = strata[s];
    const double unit = measured[s] / costs[stratum.chosen];
    for (std::size_t i = stratum.begin; i < stratum.end; ++i) {
      seconds[i] = costs[i] * unit;
    }
  }
  return seconds;
}

double task_seconds(std::span<const double> items, int workers) {
  if (items.empty()) return 0;
  return std::max(sum(items) / workers, *std::ranges::max_element(items));
}

Division divide(
    std::span<const double> items,
    int nodes,
    int workers,
    double start,
    const std::function<std::size_t(std::size_t, std::size_t)>& shard_of) {
  constexpr double kHour = 3600;
  constexpr double kMostTasks = 1000;  // Slurm's own limit of an array
  const double rounds = std::clamp(
      std::ceil(sum(items) / (kHour * nodes * workers)),
      1.0,
      std::max(std::floor(kMostTasks / nodes), 1.0));
  Division division;
  division.tasks = std::min(
      nodes * static_cast<int>(rounds),
      std::max(static_cast<int>(items.size()), 1));
  std::vector<std::vector<double>> tasks(
      static_cast<std::size_t>(division.tasks));
  for (std::size_t i = 0; i < items.size(); ++i) {
    tasks[shard_of(i, tasks.size())].push_back(items[i]);
  }
  for (const auto& task : tasks) {
    division.longest =
        std::max(division.longest, start + task_seconds(task, workers));
  }
  return division;
}

}  // namespace zcp::apps
