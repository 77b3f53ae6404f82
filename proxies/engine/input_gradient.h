// Derivatives of a network's summed outputs by its inputs.
#pragma once

#include <ATen/ATen.h>

#include "nets/networks/network.h"
#include "proxies/engine/differentiate.h"
#include "proxies/engine/observer.h"

namespace zcp::engine {

/// What derivatives by the input are taken at: of words their embeddings, which
/// go on depending on the table of words.
at::Tensor differentiable_input(
    const networks::Network& network,
    const at::Tensor& x);

/// Sets Pass::input_gradient of a pass of batch statistics that was run on
/// differentiable_input() of `inputs`. Sets Pass::input_gradient_is_noise, too:
/// a BatchNorm right before the last linear layer gives every channel the same
/// mean over the samples, whatever they are, so that the sum of the logits does
/// not depend on them, and its gradient is what rounding leaves.
void add_input_gradient(
    const Setting& setting,
    const at::Tensor& inputs,
    GraphUse use,
    Pass& pass);

}  // namespace zcp::engine
