// The operators of nets/kernels/device_sum.h on CUDA devices.
#pragma once

namespace zcp::kernels {

/// Does nothing. Whoever calls it is linked with the file that registers the
/// operators, which nothing else names.
void link_cuda_norm_sums();

}  // namespace zcp::kernels
