// How devices other than the processor compute. No LibTorch in this header.
#pragma once

#include <cstdint>

namespace zcp::kernels {

/// What a device may do to the operands of float32 products.
enum class Float32Products : std::uint8_t {
  exact,  ///< nothing
  tf32,   ///< round them to 10 bits of mantissa, for matrix units
};

/// From here on every CUDA device of this process multiplies float32 numbers
/// like this, takes cuDNN's deterministic kernels, and chooses them without
/// trials, so that a score does not depend on what ran before. Nothing of it
/// concerns the processor.
void set_device_arithmetic(Float32Products products);

/// Whether they are set to Float32Products::tf32.
bool rounds_float32_products();

/// From here on backward passes that this thread starts run on it, also those
/// on a device: LibTorch's own thread for each device would make the workers
/// of a device wait for one another. Without effect before LibTorch 2.0, which
/// has no such setting.
void run_backward_on_this_thread();

}  // namespace zcp::kernels
