// VKDNW's spectrum of a thinned Fisher information matrix. Needs LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <cstddef>
#include <cstdint>

#include "nets/networks/network.h"
#include "proxies/engine/descriptor.h"
#include "proxies/reductions/sample_parts.h"

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

/// How the Jacobian is computed; the results differ by rounding alone.
enum class JacobianWay : std::uint8_t {
  cheapest,
  /// A backward pass a class, where the layout allows it, else one for each
  /// sample and class.
  classes,
  entries,  ///< a backward pass for each sample and class
  /// A derivative of the derivative for each parameter; where an operator has
  /// none, as `classes`.
  columns,
};

/// What both Fisher spectra of a network are made of.
struct FisherJacobian {
  at::Tensor j;         ///< [N, K, P], float64
  at::Tensor logits;    ///< [N, K]
  std::size_t tensors;  ///< how many parameter tensors the network has
};

/// The Jacobian of the logits in eval mode at the first scalar of each of the
/// first 128 parameter tensors in the order in which they are declared. By
/// columns the samples of a file are taken samples_at_once() at a time.
FisherJacobian fisher_jacobian(
    const networks::Network& network,
    const at::Tensor& x,
    Layout layout,
    JacobianWay way = JacobianWay::cheapest,
    std::int64_t numbers_at_once = kNumbersAtOnce);

/// As below.
engine::Score fisher_spectrum_score(
    const FisherJacobian& jacobian,
    bool transposed);

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
/// The Jacobian is computed once for all proxies that ask.
engine::Score fisher_spectrum_score(
    const engine::Setting& setting,
    bool transposed);

}  // namespace zcp::reductions
