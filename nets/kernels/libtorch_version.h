// What differs between the versions of LibTorch that zcp is built with.
#pragma once

#include <torch/version.h>

/// Whether LibTorch's headers are of this version or newer.
#define ZCP_LIBTORCH_AT_LEAST(major, minor) \
  (TORCH_VERSION_MAJOR > (major) ||         \
   (TORCH_VERSION_MAJOR == (major) && TORCH_VERSION_MINOR >= (minor)))

#if ZCP_LIBTORCH_AT_LEAST(2, 4)
#include <optional>
#else
#include <c10/util/Optional.h>
#endif

namespace zcp::kernels {

/// What LibTorch's operators take where an argument may be left out: the
/// standard's class since 2.4, one of its own before.
#if ZCP_LIBTORCH_AT_LEAST(2, 4)
template <typename T>
using Optional = std::optional<T>;
#else
template <typename T>
using Optional = c10::optional<T>;
#endif

}  // namespace zcp::kernels
