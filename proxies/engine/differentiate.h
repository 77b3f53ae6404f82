// Derivatives of what a network computes.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "nets/networks/network.h"

namespace zcp::engine {

/// The network with every parameter a leaf that asks for its gradient.
std::unique_ptr<networks::Network> differentiable(
    const networks::Network& network);

/// What becomes of the graph that leads to a derivative.
enum class GraphUse : std::uint8_t {
  last,    ///< it is freed
  again,   ///< it stays for other derivatives
  deeper,  ///< it stays, and the derivative can itself be derived
};

/// d target / d each; undefined where target does not depend on it, and for
/// undefined variables.
std::vector<at::Tensor> gradients_of(
    const at::Tensor& target,
    const std::vector<at::Tensor>& variables,
    GraphUse use);

/// J^T v of d out / d in; keeps the graph for further calls. Undefined where
/// out does not depend on in.
at::Tensor vector_jacobian_product(
    const at::Tensor& out,
    const at::Tensor& in,
    const at::Tensor& v);

}  // namespace zcp::engine
