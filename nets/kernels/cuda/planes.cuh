// Launches of a block a plane, several where planes are large. CUDA alone.
#pragma once

#include <cstdint>

namespace zcp::kernels::cuda {

constexpr int kWarp = 32;
constexpr int kPlaneThreads = 256;  // of a block, at most

/// Whole warps, as many as there are values to spread over them.
inline int plane_threads(std::int64_t values) {
  int threads = kWarp;
  while (threads < kPlaneThreads && threads < values) threads *= 2;
  return threads;
}

/// `parts` blocks for each plane, or as many as an axis of a grid has.
inline dim3 plane_grid(std::int64_t planes, std::int64_t parts) {
  constexpr std::int64_t kMost = 65535;
  return dim3(
      static_cast<unsigned>(planes),
      static_cast<unsigned>(parts < kMost ? parts : kMost));
}

}  // namespace zcp::kernels::cuda
