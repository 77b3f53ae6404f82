// Random numbers of TorchScript programs.
//
// This header includes LibTorch.
#pragma once

#include <ATen/core/stack.h>
#include <torch/csrc/jit/ir/ir.h>

#include <cstdint>

#include "nets/networks/script_program.h"

namespace zcp::networks {

/// Runs an operator of Treatment::seeded or Treatment::zeros: its numbers are
/// those of a generator seeded by `seed`, or zeros. `stack` holds the arguments
/// and becomes the result.
/// Throws std::invalid_argument for an operator that has no such generator on
/// the device it runs on.
void draw_seeded(
    const torch::jit::Node& node,
    const NodePlan& plan,
    std::uint64_t seed,
    torch::jit::Stack& stack);

/// The mean of the mask that an operator of Treatment::mean draws, from its
/// arguments; written into the first where the operator writes in place.
at::Tensor mean_mask(const NodePlan& plan, const torch::jit::Stack& arguments);

}  // namespace zcp::networks
