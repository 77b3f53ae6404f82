// The operator of nets/kernels/codes.h on CUDA devices.
#pragma once

namespace zcp::kernels {

/// Does nothing. Whoever calls it is linked with the file that registers the
/// operator, which nothing else names.
void link_cuda_codes();

}  // namespace zcp::kernels
