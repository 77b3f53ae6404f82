// VKDNW's spectrum of a thinned Fisher information matrix.
#pragma once

#include <ATen/ATen.h>

#include "nets/networks/network.h"
#include "proxies/engine/descriptor.h"

namespace zcp::reductions {

/// Number of parameter tensors + entropy (0 to log 9) of the quantiles .1 to .9
/// of the spectrum of F = mean_n (M J_n)^T (M J_n), eval mode on x. J_n is the
/// Jacobian of sample n's logits at the first scalar of each of the first 128
/// parameter tensors as declared; M is the Cholesky factor L of
/// diag(p) - p p^T as released, or L^T when `transposed`, which makes F the
/// Fisher information.
engine::Score fisher_spectrum_score(
    const networks::Network& network,
    const at::Tensor& x,
    bool transposed);

}  // namespace zcp::reductions
