// Derivatives that proxies take themselves, outside the shared passes.
#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <vector>

#include "nets/network.h"

namespace zcp::proxies {

/// The network with every parameter a leaf that asks for its gradient.
std::unique_ptr<nets::Network> differentiable(const nets::Network& network);

/// d target / d each; undefined where target does not depend on it.
/// `differentiable_again`: the result can be derived once more.
std::vector<at::Tensor> gradients_of(
    const at::Tensor& target,
    const std::vector<at::Tensor>& variables,
    bool differentiable_again);

/// J^T v of d out / d in; keeps the graph for further calls. Undefined where
/// out does not depend on in.
at::Tensor vector_jacobian_product(
    const at::Tensor& out,
    const at::Tensor& in,
    const at::Tensor& v);

}  // namespace zcp::proxies
