#include "nets/kernels/one_core.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <malloc.h>
#include <omp.h>

namespace zcp::kernels {

void use_one_core() {
  // Both the OpenMP runtime (oneDNN) and ATen keep a number per thread.
  omp_set_num_threads(1);
  if (at::get_num_threads() != 1) at::set_num_threads(1);
}

void set_blas_threads_to_one() {
  using Setter = void (*)(int);
  void* symbol = dlsym(RTLD_DEFAULT, "openblas_set_num_threads");
  if (symbol != nullptr) reinterpret_cast<Setter>(symbol)(1);
}

void keep_memory() {
#if defined(__GLIBC__)
  constexpr int kLargest = 1 << 30;
  mallopt(M_MMAP_THRESHOLD, kLargest);
  mallopt(M_TRIM_THRESHOLD, kLargest);
#endif
}

}  // namespace zcp::kernels
