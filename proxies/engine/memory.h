// How much memory a proxy will take, before it takes it. No LibTorch in this
// header.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "proxies/engine/descriptor.h"

namespace zcp::engine {

/// What the memory of a score depends on.
struct Workload {
  std::int64_t params = 0;  ///< numbers that the network is made of
  /// Numbers that its convolutions, linear layers and BatchNorms return for one
  /// input.
  std::int64_t activations = 0;
  int batch_size = 0;
  int minibatches = 0;
  int bytes_a_number = 4;  ///< of the precision
};

/// An estimate, in bytes, of what `proxy` holds at once: the network's weights,
/// their gradients where it needs them (those of each minibatch where it sees
/// several), the activations of a minibatch where the network runs, and what
/// Needs::numbers_a_parameter and numbers_an_output say. It is meant to tell
/// 100 MB from 10 GB.
double bytes_needed(const Descriptor& proxy, const Workload& workload);

/// What proxies that run together take besides the network's weights, by the
/// same estimate, in bytes.
struct Footprint {
  double kept = 0;  ///< as long as they run
  double pass = 0;  ///< for each of their passes that runs
};

Footprint footprint(
    std::span<const Descriptor* const> proxies,
    const Workload& workload);

/// "needs about 10.8 GB, --memory allows 4.0 GB" where the estimate is above
/// `limit` bytes; none where it is not, or where the limit is 0.
std::optional<std::string> refusal_by_memory(
    const Descriptor& proxy,
    const Workload& workload,
    std::int64_t limit);

}  // namespace zcp::engine
