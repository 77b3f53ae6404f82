// What has to be computed for a list of architectures: functionally equal ones
// once, the heaviest first. No LibTorch in this header.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "nets/graph/graph.h"
#include "proxies/engine/descriptor.h"

namespace zcp::engine {

/// A score that is to be computed.
struct MissingScore {
  std::size_t architecture;  ///< index into the architectures asked for
  std::size_t proxy;         ///< index into the proxies asked for
};

/// A network to build once, and whom its scores serve.
struct WorkItem {
  std::size_t representative;  ///< the architecture whose graph is built
  graph::Folding folding;
  std::vector<std::size_t> proxies;  ///< indices into the proxies asked for
  /// By position in `proxies`: the architectures that get that score.
  std::vector<std::vector<std::size_t>> architectures;
  std::int64_t macs;
};

/// Hashes and cost of an architecture, so that graphs need not be kept.
struct Fingerprint {
  std::uint64_t functional;      ///< hash of the functional graph
  std::uint64_t declared;        ///< hash of the as-declared graph's nodes
  std::uint64_t declared_calls;  ///< its declared_hash()
  std::int64_t macs;
};

/// How long an item takes in comparison with other items of the run, by its
/// MACs and the number of its proxies. The unit means nothing.
double relative_cost(const WorkItem& item);

/// Groups the missing scores into items. Proxies that look at the function
/// alone run once for each functional graph, the others once for each declared
/// one; where both graphs are the same they share an item.
std::vector<WorkItem> make_schedule(
    std::span<const Fingerprint> architectures,
    std::span<const Descriptor* const> proxies,
    std::span<const MissingScore> missing);

}  // namespace zcp::engine
