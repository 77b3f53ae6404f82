// Parts of a minibatch, for what autograd keeps of a large network. Needs
// LibTorch.
#pragma once

#include <cstdint>
#include <limits>

#include "nets/networks/network.h"
#include "proxies/engine/observer.h"

namespace zcp::reductions {

/// How many numbers the layers of a network put out for the samples that are
/// differentiated twice at once. It bounds what is kept of the forward and the
/// backward pass: of ViT-B/16 at 224 pixels .3 GB a sample, whose layers put
/// out 16 million numbers.
constexpr std::int64_t kNumbersAtOnce = std::int64_t{1} << 26;
/// In its place: all samples at once, whatever they cost.
constexpr std::int64_t kAllAtOnce = std::numeric_limits<std::int64_t>::max();

/// A forward pass and what it recorded.
struct ForwardPass {
  networks::Recording recording;
  at::Tensor output;
};

/// How many of the samples x of a pass in this mode may run at once, from 1 to
/// all of them: as many as the layers put out at most so many numbers for; all
/// where samples interact, which shows in what layers put out for fewer, or in
/// a BatchNorm of the batch. `whole` is the pass of all samples; the one that
/// is run to compare has no gradients.
std::int64_t samples_at_once(
    const networks::Network& network,
    const at::Tensor& x,
    networks::BatchNormMode mode,
    const ForwardPass& whole,
    std::int64_t numbers_at_once = kNumbersAtOnce);

/// Samples first, ..., first + count - 1, or those that there are, with what
/// belongs to all samples.
engine::DeviceMinibatch part_of(
    const engine::DeviceMinibatch& batch,
    std::int64_t first,
    std::int64_t count);

}  // namespace zcp::reductions
