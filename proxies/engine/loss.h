// What the gradients are taken of, for each kind of target.
#pragma once

#include "proxies/engine/observer.h"

namespace zcp::engine {

/// The loss of a network's output on a minibatch: the mean over its samples.
at::Tensor
mean_loss(const at::Tensor& output, const DeviceMinibatch& batch, Loss loss);

/// The same, summed over the samples.
at::Tensor
summed_loss(const at::Tensor& output, const DeviceMinibatch& batch, Loss loss);

}  // namespace zcp::engine
