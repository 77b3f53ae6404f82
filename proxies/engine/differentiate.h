// Derivatives of what a network computes. Needs LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "nets/networks/network.h"

namespace zcp::engine {

/// The same network with parameters that ask for their gradients and share the
/// values, without the history, of the old ones.
std::unique_ptr<networks::Network> differentiable(
    const networks::Network& network);

/// The weights of convolutions and linear layers, in the order of parameters.
std::vector<at::Tensor> layer_weights(const networks::Network& network);

/// What becomes of the autograd graph once a derivative is taken.
enum class GraphUse : std::uint8_t {
  last,    ///< it is freed
  again,   ///< it stays for other derivatives
  deeper,  ///< it stays, and the derivative can itself be differentiated
};

/// The derivative of `target`, a tensor of one element, with respect to each of
/// `variables`, in their order: undefined where the target does not depend on
/// it, and for a variable that is undefined or asks for no gradient.
std::vector<at::Tensor> gradients_of(
    const at::Tensor& target,
    const std::vector<at::Tensor>& variables,
    GraphUse use);

/// The same of the sum of outputs_i . vectors_i, which are held constant: the
/// sum of J_i^T v_i. Frees the graph. Outputs that are undefined or have no
/// derivative add nothing.
std::vector<at::Tensor> gradients_of_products(
    const std::vector<at::Tensor>& outputs,
    const std::vector<at::Tensor>& vectors,
    const std::vector<at::Tensor>& variables);

/// J^T v of the Jacobian J = d out / d in, of the shape of `in`; v has that of
/// `out`. Keeps the graph for further calls. Undefined where `out` does not
/// depend on `in`.
at::Tensor vector_jacobian_product(
    const at::Tensor& out,
    const at::Tensor& in,
    const at::Tensor& v);

/// Inputs that differ by a few units in the last place, to tell numbers that
/// rounding has made from others. Words stay as they are.
at::Tensor with_other_last_bits(const at::Tensor& x);

}  // namespace zcp::engine
