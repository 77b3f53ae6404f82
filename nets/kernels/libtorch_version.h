// What differs between the versions of LibTorch that zcp is built with.
#pragma once

#include <torch/version.h>

/// Whether LibTorch's headers are of this version or newer.
#define ZCP_LIBTORCH_AT_LEAST(major, minor) \
  (TORCH_VERSION_MAJOR > (major) ||         \
   (TORCH_VERSION_MAJOR == (major) && TORCH_VERSION_MINOR >= (minor)))
