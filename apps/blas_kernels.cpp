#include "apps/blas_kernels.h"

#include <dlfcn.h>

#include <cstdlib>
#include <string>

namespace zcp::apps {
namespace {

constexpr const char* kVariable = "OPENBLAS_CORETYPE";

/// What OpenBLAS calls kernels for this processor; null: for none of its vector
/// instructions.
const char* kernels_of_processor() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl")) {
    return "SKYLAKEX";
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    return "HASWELL";
  }
#endif
  return nullptr;
}

/// The kernels that OpenBLAS takes by itself; empty where there is no OpenBLAS.
std::string kernels_taken() {
  // The name under which LibTorch looks for it, whoever's library that is.
  void* library = dlopen("libblas.so.3", RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) return "";
  using Name = const char* (*)();
  void* name = dlsym(library, "openblas_get_corename");
  return name == nullptr ? "" : reinterpret_cast<Name>(name)();
}

}  // namespace

void choose_blas_kernels() {
  const char* kernels = kernels_of_processor();
  if (kernels == nullptr || std::getenv(kVariable) != nullptr ||
      kernels_taken() != "Prescott") {
    return;
  }
  constexpr int kKeepWhatIsSet = 0;
  setenv(kVariable, kernels, kKeepWhatIsSet);
}

}  // namespace zcp::apps
