// What gradients are taken of, for each kind of target. Needs LibTorch.
#pragma once

#include "proxies/engine/observer.h"

namespace zcp::engine {

/// The loss of a network's output on a minibatch, a tensor of one element: the
/// mean over its samples. Throws std::invalid_argument for a cross-entropy of a
/// minibatch whose targets are numbers, for a label that has no output, and for
/// a loss function of the run's that returns anything but one number that
/// depends on the output.
at::Tensor mean_loss(
    const at::Tensor& output,
    const DeviceMinibatch& batch,
    const RunSettings& run);

/// The same, summed over the samples. A loss function of the run's is asked for
/// each sample alone.
at::Tensor summed_loss(
    const at::Tensor& output,
    const DeviceMinibatch& batch,
    const RunSettings& run);

}  // namespace zcp::engine
