// Do devices rank architectures alike? OneProxy (Lu et al., SIGMETRICS 2022).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/tables/table.h"

namespace zcp::hardware {

/// Measurements of 0 and below are none: -1 stands for a network that a device
/// could not run, which is not fast. `keep` takes them as they are.
enum class NonPositive { missing, keep };

/// The table with numbers that are no measurement as NaN.
tables::Table measurements(tables::Table costs, NonPositive rule);

struct Monotonicity {
  std::vector<std::string> devices;
  /// Spearman's rho over the architectures that both devices measured; NaN
  /// over fewer than ten.
  std::vector<std::vector<double>> rho;
  /// Groups in which devices stand in for one another: average linkage of
  /// 1 - rho, cut at 1 - `alike`.
  std::vector<std::size_t> cluster;
  std::vector<std::size_t> order;  ///< that keeps clusters together
  /// Of each device the least and the mean rho with all others; NaN where it is
  /// not known with one of them.
  std::vector<double> least;
  std::vector<double> mean;
  /// The device with the greatest least rho: the proxy device for all; none
  /// where no device's is known.
  std::optional<std::size_t> proxy;
  /// Of each cluster, the member with the greatest mean rho inside it.
  std::vector<std::size_t> proxies;
};

/// The paper takes a rho of 0.9 for strong monotonicity. Throws UserError for
/// fewer than two columns.
Monotonicity monotonicity(const tables::Table& costs, double alike = 0.9);

/// What choosing by another device's costs loses (OneProxy, section 3).
struct Transfer {
  std::size_t proxy_front = 0;   ///< points of the front on the proxy device
  std::size_t target_front = 0;  ///< and of the target's own
  std::size_t common = 0;        ///< points of that with a row of the former
  /// Budgets (costs of the target's front) that no member of the proxy's front
  /// keeps on the target.
  std::size_t without = 0;
  double mean_loss = 0;  ///< over the other budgets, in the value's unit
  double most_loss = 0;
};

/// `value` (higher is better) against costs on both devices. Rows with a NaN
/// are left out. Rows equal in value and cost are one point of a front, and
/// each of them may be chosen.
Transfer transfer(
    const std::vector<double>& value,
    const std::vector<double>& proxy,
    const std::vector<double>& target);

}  // namespace zcp::hardware
