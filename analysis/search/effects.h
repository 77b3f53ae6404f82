// What each part of an architecture does to an objective, as far as what a
// search has evaluated says it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace zcp::search {

/// A part: those that have it against those that do not.
struct Effect {
  std::string name;
  std::size_t with = 0;     ///< architectures with a value that have it
  std::size_t without = 0;  ///< those that do not
  /// Mean rank with it less mean rank without it, in percent of all ranks: 0
  /// for no effect, near 100 where the one half lies above the other. NaN where
  /// one of both is empty.
  double difference = 0;
  /// Of the difference, 95 %, by Welch's t; NaN ends where one of both has
  /// fewer than 10.
  double low = 0;
  double high = 0;
};

/// The effect of having a part. `has` and `values` are of the architectures;
/// more of `values` is better, NaN takes no part. Equal values share their mean
/// rank.
Effect effect_of(
    std::string name,
    const std::vector<bool>& has,
    std::span<const double> values);

/// How much of the variance of the ranks a place decides, whose option each
/// architecture has in `options`: epsilon squared, 1 - (1 - eta squared)(n - 1)
/// / (n - k) of n architectures and k options that occur (Kelley 1935). 0 or
/// less: no more than chance does. NaN for n <= k, for k = 1 and where all
/// values are equal.
double share_decided(
    std::span<const std::size_t> options,
    std::span<const double> values);

}  // namespace zcp::search
