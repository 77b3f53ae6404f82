#include "nets/kernels/one_core.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <malloc.h>
#include <omp.h>

namespace zcp::kernels {
namespace {

/// A function of LibTorch's libraries, which a program shows to everybody and
/// Python does not. Null where there is none.
template <typename Function>
Function find_in_libtorch(const char* name) {
  if (void* shown = dlsym(RTLD_DEFAULT, name)) {
    return reinterpret_cast<Function>(shown);
  }
  Dl_info libtorch;
  if (dladdr(reinterpret_cast<void*>(&at::get_num_threads), &libtorch) == 0) {
    return nullptr;
  }
  void* library = dlopen(libtorch.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
  if (library == nullptr) return nullptr;
  void* found = dlsym(library, name);
  dlclose(library);
  return reinterpret_cast<Function>(found);
}

}  // namespace

void use_one_core() {
  // Both the OpenMP runtime (oneDNN) and ATen keep a number per thread.
  omp_set_num_threads(1);
  if (at::get_num_threads() != 1) at::set_num_threads(1);
}

void use_one_core_in_this_thread() {
  // The first question gives a thread LibTorch's default, by which the later
  // settings would be overwritten.
  at::get_num_threads();
  omp_set_num_threads(1);
  const auto set_mkl =
      find_in_libtorch<int (*)(int)>("MKL_Set_Num_Threads_Local");
  if (set_mkl != nullptr) set_mkl(1);
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
