// New weights for a network that has some.
//
// This header includes LibTorch.
#pragma once

#include <cstdint>
#include <memory>

#include "nets/initialisers/initialise.h"
#include "nets/networks/network.h"

namespace zcp::networks {

/// The same network with weights drawn anew by `initialiser`, each from a
/// generator seeded by (seed, the parameter's name); scales and shifts of norms
/// become 1 and 0, and parameters of kind `other` stay as they are. Names have
/// to be those of PyTorch's modules: "OWNER.weight" and "OWNER.bias".
std::unique_ptr<Network> redraw(
    const Network& network,
    initialisers::Initialiser initialiser,
    std::uint64_t seed);

}  // namespace zcp::networks
