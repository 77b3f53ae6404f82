// VKDNW's spectrum of a thinned Fisher information matrix. Needs LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "nets/networks/network.h"
#include "proxies/engine/descriptor.h"

namespace zcp::engine {
struct Setting;
}

namespace zcp::reductions {

/// What is known of a network's tensors.
enum class Layout : std::uint8_t {
  of_graph,       ///< one row a sample, and each parameter in one kind of call
  samples_first,  ///< one row a sample
  other,          ///< samples may lie along any axis, or share rows
};

/// Number of parameter tensors + entropy (0 to log 9) of the quantiles .1 to .9
/// of the spectrum of F = mean_n (M J_n)^T (M J_n), in eval mode on x. J_n is
/// the Jacobian of sample n's logits at the first scalar of each of the first
/// 128 parameter tensors in the order in which they are declared. M is the
/// Cholesky factor L of diag(p) - p p^T, p the softmax of the logits, as in the
/// released code; or L^T when `transposed`, which makes F the Fisher
/// information.
engine::Score fisher_spectrum_score(
    const networks::Network& network,
    const at::Tensor& x,
    bool transposed,
    Layout layout = Layout::samples_first);

/// The same on the noise of a setting, with the layout that its network has.
engine::Score fisher_spectrum_score(
    const engine::Setting& setting,
    bool transposed);

}  // namespace zcp::reductions
