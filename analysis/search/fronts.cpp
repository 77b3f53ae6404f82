#include "analysis/search/fronts.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis/statistics/pareto.h"

namespace zcp::search {
namespace {

constexpr std::size_t kNoRank = static_cast<std::size_t>(-1);

bool complete(const History& history, std::size_t record) {
  for (std::size_t o = 0; o < history.objectives(); ++o) {
    if (std::isnan(history.value(record, o))) return false;
  }
  return true;
}

std::vector<std::size_t> front_of_two(const History& history) {
  std::vector<double> cost;
  for (const double value : history.values(1)) cost.push_back(-value);
  auto front =
      statistics::pareto_front(history.values(0), cost, statistics::Twins::all);
  std::ranges::sort(front);
  return front;
}

}  // namespace

bool dominates(const History& history, std::size_t a, std::size_t b) {
  bool better = false;
  for (std::size_t o = 0; o < history.objectives(); ++o) {
    const double x = history.fitness(a, o);
    const double y = history.fitness(b, o);
    if (x < y) return false;
    if (x > y) better = true;
  }
  return better;
}

std::vector<std::size_t> front_of(const History& history) {
  std::vector<std::size_t> front;
  if (history.objectives() == 1) {
    const auto best = history.best();
    for (std::size_t i = 0; best && i < history.size(); ++i) {
      if (history.value(i) == history.value(*best)) front.push_back(i);
    }
    return front;
  }
  if (history.objectives() == 2) return front_of_two(history);
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (!complete(history, i)) continue;
    const bool beaten = std::ranges::any_of(
        front, [&](std::size_t other) { return dominates(history, other, i); });
    if (beaten) continue;
    std::erase_if(
        front, [&](std::size_t other) { return dominates(history, i, other); });
    front.push_back(i);
  }
  return front;
}

std::vector<std::size_t> front_ranks(
    const History& history,
    std::span<const std::size_t> records) {
  std::vector<std::size_t> ranks(records.size(), kNoRank);
  std::size_t left = records.size();
  for (std::size_t rank = 0; left > 0; ++rank) {
    std::vector<std::size_t> front;
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (ranks[i] != kNoRank) continue;
      bool beaten = false;
      for (std::size_t j = 0; j < records.size() && !beaten; ++j) {
        beaten =
            ranks[j] == kNoRank && dominates(history, records[j], records[i]);
      }
      if (!beaten) front.push_back(i);
    }
    for (const std::size_t i : front) ranks[i] = rank;
    left -= front.size();
  }
  return ranks;
}

std::vector<double> crowding(
    const History& history,
    std::span<const std::size_t> records,
    std::span<const std::size_t> ranks) {
  constexpr double kEnd = std::numeric_limits<double>::infinity();
  std::vector<double> distance(records.size());
  std::size_t fronts = 0;
  for (const std::size_t rank : ranks) fronts = std::max(fronts, rank + 1);
  for (std::size_t rank = 0; rank < fronts; ++rank) {
    std::vector<std::size_t> front;
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (ranks[i] == rank) front.push_back(i);
    }
    for (std::size_t o = 0; o < history.objectives(); ++o) {
      const auto value = [&](std::size_t i) {
        return history.fitness(records[i], o);
      };
      std::ranges::stable_sort(front, [&](std::size_t a, std::size_t b) {
        return value(a) < value(b);
      });
      const double range = value(front.back()) - value(front.front());
      distance[front.front()] = kEnd;
      distance[front.back()] = kEnd;
      if (!std::isfinite(range) || range <= 0) continue;
      for (std::size_t i = 1; i + 1 < front.size(); ++i) {
        distance[front[i]] +=
            (value(front[i + 1]) - value(front[i - 1])) / range;
      }
    }
  }
  return distance;
}

}  // namespace zcp::search
