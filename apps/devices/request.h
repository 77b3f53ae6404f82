// What `zcp devices` is asked for, and its parts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analysis/hardware/monotonicity.h"
#include "apps/text_table.h"
#include "benchmarks/tables/table.h"

namespace zcp::apps {

struct DevicesRequest {
  std::string table;
  std::string key;
  std::vector<std::string> columns;  ///< empty: all
  std::optional<std::string> truth;
  std::string key_truth;
  std::string metric;
  std::string space;
  /// Pairs of proxy device and target; empty: not asked for.
  std::vector<std::pair<std::string, std::string>> adapt;
  bool adapt_all = false;
  std::size_t train = 60;
  std::size_t validation = 10;
  std::vector<std::string> fit;
  bool fit_all = false;
  std::size_t labels = 100;
  std::uint64_t seed = 0;
  hardware::NonPositive non_positive = hardware::NonPositive::missing;
  std::string csv = "-";
  TableFormat format = TableFormat::text;  ///< of what is printed
  bool quiet = false;
};

/// The costs, a column a device, with what is no measurement as NaN.
tables::Table read_costs(const DevicesRequest& request);

/// Spearman's rho of every two devices as CSV; clusters, proxy devices and,
/// with a truth, what choosing by another device loses.
void compare_devices(const DevicesRequest& request);

/// A line a pair of devices: rho on held rows of every way to predict one.
void adapt_devices(const DevicesRequest& request);

/// A line a device: the analytic model and its error on held rows.
void fit_devices(const DevicesRequest& request);

}  // namespace zcp::apps
