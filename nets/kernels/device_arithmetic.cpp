#include "nets/kernels/device_arithmetic.h"

#include <ATen/Context.h>

#include "nets/kernels/libtorch_version.h"

#if ZCP_LIBTORCH_AT_LEAST(2, 0)
#include <c10/core/AutogradState.h>
#endif

namespace zcp::kernels {

void set_device_arithmetic(Float32Products products) {
  at::Context& context = at::globalContext();
  const bool tf32 = products == Float32Products::tf32;
  context.setAllowTF32CuDNN(tf32);
  context.setAllowTF32CuBLAS(tf32);
  context.setDeterministicCuDNN(true);
  context.setBenchmarkCuDNN(false);
}

bool rounds_float32_products() {
  return at::globalContext().allowTF32CuDNN();
}

void run_backward_on_this_thread() {
#if ZCP_LIBTORCH_AT_LEAST(2, 0)
  c10::AutogradState::get_tls_state().set_multithreading_enabled(false);
#endif
}

}  // namespace zcp::kernels
