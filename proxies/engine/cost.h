// How long a proxy takes in comparison with others, before it runs. No LibTorch
// in this header.
#pragma once

#include <span>

#include "proxies/engine/descriptor.h"

namespace zcp::engine {

/// The part of a protocol that decides how often a network runs.
struct PassCounts {
  int batch_size = 64;
  int minibatches = 2;
  int classes = 10;
};

/// About how many forward passes of a minibatch the proxy is worth, by what it
/// needs: a backward pass counts as one and a half forward passes, float64 as
/// twice float32. What proxies that run the network themselves are worth was
/// measured in processor time on a cell of NATS-TSS. Passes that proxies share
/// count for each of them. It is meant to tell 1 from 100; 0: it runs nothing.
double relative_cost(const Descriptor& proxy, const PassCounts& counts);

/// The same of all of them together: a pass that several share counts once.
double relative_cost(
    std::span<const Descriptor* const> proxies,
    const PassCounts& counts);

}  // namespace zcp::engine
