// Spectra of feature maps. Needs LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <optional>
#include <vector>

#include "proxies/engine/observer.h"

namespace zcp::reductions {

/// Why proxies of blocks have no score where block_entropies() has none, or
/// where they compare blocks.
const char* block_fault(const std::vector<at::Tensor>& blocks);

/// The output as a matrix [samples and positions, channels], float64, of a map
/// [N, C, H, W], or of a sequence or vector, whose channels are its last axis.
at::Tensor position_rows(const at::Tensor& output);

/// The same of what a layer returned: the channels are the second axis for a
/// convolution or a BatchNorm, however many axes follow, and the last for a
/// linear layer.
at::Tensor position_rows(const networks::LayerCall& call);

/// Covariance between the channels of a map [N, C, H, W] (of a sequence or
/// vector: its last axis), over samples and positions, float64 [C, C].
at::Tensor channel_covariance(const at::Tensor& output);

/// The same from position_rows() of a call.
at::Tensor channel_covariance(const networks::LayerCall& call);

/// Singular values of a matrix, and eigenvalues of a symmetric one. Throw
/// std::runtime_error where it holds NaN or an infinite value, of which
/// LibTorch says on the processor that an algorithm does not converge.
at::Tensor singular_values(const at::Tensor& matrix);
at::Tensor eigenvalues(const at::Tensor& symmetric);

/// Sum over BatchNorm outputs of ||M||_F^2 / ||M||_2^2, M channels x positions
/// and uncentred; an output of zeros adds 0. Degenerate without BatchNorm.
engine::Score stable_rank_of(const engine::Pass& pass);

/// For each block output [N, C, H, W] the entropy -sum p log(p + 1e-8), p the
/// normalised eigenvalues of the channel covariance, in which those that
/// rounding moved below 0 are 0. None where there are no blocks or one is
/// constant.
std::optional<std::vector<double>> block_entropies(
    const std::vector<at::Tensor>& blocks);

}  // namespace zcp::reductions
