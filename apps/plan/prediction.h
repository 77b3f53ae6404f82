// From what a few networks took to what all will take.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace zcp::apps {

/// Which of the items to measure: at most `count`, one in the middle of each
/// share of the whole cost, in the order of the items.
///
/// `costs`, in any unit and positive, fall from one item to the next.
struct Stratum {
  std::size_t begin;  ///< of its items
  std::size_t end;
  std::size_t chosen;  ///< the one to measure
};
std::vector<Stratum> choose_strata(
    std::span<const double> costs,
    std::size_t count);

/// What each item takes: its cost times what a unit of cost took in its
/// stratum. `measured` has a number for each stratum.
std::vector<double> predict_items(
    std::span<const double> costs,
    std::span<const Stratum> strata,
    std::span<const double> measured);

/// How the work is divided into the tasks of an array.
struct Division {
  int tasks = 1;
  double longest = 0;  ///< seconds of the task that ends last
};

/// Seconds that a task of these items takes with so many workers: the mean of
/// the workers, but no less than the longest item.
double task_seconds(std::span<const double> items, int workers);

/// The fewest tasks, a multiple of `nodes`, that take an hour or less each, or
/// one for each item. `shard_of(i, n)` is the task of the i-th item among n.
Division divide(
    std::span<const double> items,
    int nodes,
    int workers,
    double start,
    const std::function<std::size_t(std::size_t, std::size_t)>& shard_of);

}  // namespace zcp::apps
