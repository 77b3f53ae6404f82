// Operators of TorchScript programs on maps that zcp has kernels of its own
// for.
//
// This header includes LibTorch.
#pragma once

#include <ATen/core/stack.h>

#include "nets/networks/script_program.h"

namespace zcp::networks {

/// A convolution or an average pool of maps on the processor by the kernels of
/// graphs' networks, or prepared for LibTorch's: the input of a convolution is
/// laid out channels last, and a view that the layout does not allow is made of
/// a copy. `arguments` are those of the operator; they end with its result
/// where true is returned. False: the operator is still to run. In float32 the
/// values of convolutions, and means of maps, are those of planes.
bool run_on_maps(const NodePlan& plan, torch::jit::Stack& arguments);

}  // namespace zcp::networks
