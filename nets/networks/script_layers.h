// What the arguments of a TorchScript layer say.
//
// This header includes LibTorch.
#pragma once

#include <ATen/core/stack.h>
#include <torch/csrc/jit/ir/ir.h>

#include <string_view>

#include "nets/networks/recording.h"

namespace zcp::networks {

/// Whether a file that names this type gets the one that the pass computes in:
/// float32, float16 and bfloat16.
inline bool is_single(at::ScalarType type) {
  return type == at::kFloat || type == at::kHalf || type == at::kBFloat16;
}

/// A convolution whose padding is given by a name ("same", "valid") gets it by
/// numbers: `arguments` become those of the same convolution without a name.
/// Where PyTorch pads one end of an axis more than the other, the input is
/// padded there as it does.
void number_padding(torch::jit::Stack& arguments);

/// Where a product of two factors has the first one in its arguments: addmm and
/// baddbmm take what they add before it. -1 for operators that are no such
/// product. `name` is that of the operator, "addmm".
int first_factor(std::string_view name);

/// Fills in what a convolution's, a linear layer's or a recurrent layer's
/// arguments say: its weight and bias, windows and groups. `name` is that of
/// the operator, "conv2d".
void describe_layer(
    const std::string& name,
    const torch::jit::Stack& arguments,
    LayerCall& call);

/// The multiply-accumulates of the call: a weight's for each output that it
/// makes (for each input where the convolution is transposed), one for each
/// output that a bias is added to; every weight and bias of a recurrent layer
/// once a step.
std::int64_t count_macs(
    const torch::jit::Stack& arguments,
    const LayerCall& call,
    const at::Tensor& output);

/// The multiply-accumulates of a product with parameters that is no layer
/// (NodePlan::contraction): a left product, bilinear, tensordot or einsum.
std::int64_t count_contraction_macs(
    const std::string& name,
    const torch::jit::Stack& arguments,
    const at::Tensor& output);

}  // namespace zcp::networks
