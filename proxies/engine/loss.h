// What gradients are taken of, for each kind of target. Needs LibTorch.
#pragma once

#include "proxies/engine/observer.h"

namespace zcp::engine {

/// The loss of a network's output on a minibatch, a tensor of one element: the
/// mean over its samples. Throws std::invalid_argument for a cross-entropy of a
/// minibatch whose targets are numbers, and for a label that has no output.
at::Tensor
mean_loss(const at::Tensor& output, const DeviceMinibatch& batch, Loss loss);

/// The same, summed over the samples.
at::Tensor
summed_loss(const at::Tensor& output, const DeviceMinibatch& batch, Loss loss);

}  // namespace zcp::engine
