#include "proxies/engine/backend.h"

#include <ATen/ATen.h>
#include <dlfcn.h>
#include <torch/version.h>

namespace zcp::engine {

std::vector<std::pair<std::string, std::string>> backend_description() {
  std::vector<std::pair<std::string, std::string>> facts;
  facts.emplace_back("libtorch", TORCH_VERSION);
  using Config = const char* (*)();
  void* config = dlsym(RTLD_DEFAULT, "openblas_get_config");
  facts.emplace_back(
      "blas",
      config != nullptr ? reinterpret_cast<Config>(config)() : "not OpenBLAS");
  facts.emplace_back("onednn", at::hasMKLDNN() ? "yes" : "no");
  return facts;
}

}  // namespace zcp::engine
