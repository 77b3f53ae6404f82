// TorchScript files that tests write.
#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/temporary.h"

namespace zcp::test {

/// Sines of multiples of `step`, float32: numbers of both signs.
inline at::Tensor numbers(at::IntArrayRef sizes, double step) {
  return (at::arange(c10::multiply_integers(sizes)) * step).sin().view(sizes);
}

/// A module of these parameters and this source of `forward`, saved in a folder
/// that goes with the object.
class ScriptFile {
 public:
  ScriptFile(
      const std::vector<std::pair<std::string, at::Tensor>>& parameters,
      const std::string& source) {
    torch::jit::Module module("net");
    for (const auto& [name, value] : parameters) {
      module.register_parameter(
          name, value.detach().clone().requires_grad_(true), false);
    }
    module.define(source);
    module.save(path().string());
  }

  std::filesystem::path path() const { return folder_.path() / "net.pt"; }

 private:
  TemporaryFolder folder_;
};

}  // namespace zcp::test
