// Spectra of feature maps.
#pragma once

#include <ATen/ATen.h>

#include <optional>
#include <vector>

#include "proxies/engine/observer.h"

namespace zcp::reductions {

inline constexpr const char* kNoBlocks =
    "a block outputs a constant, or the network has no blocks";

/// Covariance between the channels of a map [N, C, H, W] (of a sequence or
/// vector: its last axis), over samples and positions, float64 [C, C].
at::Tensor channel_covariance(const at::Tensor& output);

/// Sum over BatchNorm outputs of ||M||_F^2 / ||M||_2^2, M channels x positions
/// and uncentred; an output of zeros adds 0. Degenerate without BatchNorm.
engine::Score stable_rank_of(const engine::Pass& pass);

/// For each block -sum p log(p + 1e-8), p the normalised eigenvalues of the
/// channel covariance, those below 0 by rounding set to 0. None where there
/// are no blocks or one is constant.
std::optional<std::vector<double>> block_entropies(
    const std::vector<at::Tensor>& blocks);

}  // namespace zcp::reductions
