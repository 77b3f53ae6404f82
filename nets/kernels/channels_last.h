// Tensors [N, C, H, W] whose channels lie side by side.
#pragma once

#include <ATen/ATen.h>

#include "nets/kernels/window_sums.h"

namespace zcp::kernels {

inline constexpr at::MemoryFormat kChannelsLast =
    at::MemoryFormat::ChannelsLast;

/// The size of one image of x [N, C, H, W].
inline MapSize map_of(const at::Tensor& x) {
  return {x.size(2), x.size(3), x.size(1)};
}

}  // namespace zcp::kernels
