// How many terms a sum of BatchNorms may have. No LibTorch in this header,
// which nvcc reads, too.
#pragma once

namespace zcp::kernels {

/// As many terms, and as many gradients, as one launch on a device takes.
constexpr int kMostTerms = 8;

}  // namespace zcp::kernels
