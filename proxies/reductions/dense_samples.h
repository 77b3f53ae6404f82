// Activations as memory holds them. Needs LibTorch.
#pragma once

#include <ATen/ATen.h>

namespace zcp::reductions {

/// `output` [N, ...] with one sample after the other and no gaps: itself for
/// the layouts of LibTorch's layers. The order of a sample's units is the same
/// for all samples, but no particular one.
inline at::Tensor dense_samples(const at::Tensor& output) {
  const bool dense = output.is_contiguous() ||
                     output.is_contiguous(at::MemoryFormat::ChannelsLast);
  return dense ? output : output.contiguous();
}

}  // namespace zcp::reductions
