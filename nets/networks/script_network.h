// A TorchScript file as a network.
//
// This header includes LibTorch.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "nets/networks/network.h"

namespace zcp::networks {

struct ScriptProgram;

/// Runs node by node, so that BatchNorm can be bypassed and every layer
/// observed; in-place operators run out of place; dropout is switched off. A
/// module that returns a tuple is taken by its last tensor.
class ScriptNetwork final : public Network {
 public:
  ScriptNetwork(
      std::shared_ptr<const ScriptProgram> program,
      std::vector<Parameter> parameters);

  at::Tensor forward(
      const at::Tensor& x,
      BatchNormMode batch_norm,
      Recording* recording) const override;

  std::unique_ptr<Network> with_parameters(
      const std::function<at::Tensor(const Parameter&)>& change) const override;

  /// What was changed to make the file a deterministic classifier, a line each
  /// (dropout switched off).
  const std::vector<std::string>& notes() const;

 private:
  std::shared_ptr<const ScriptProgram> program_;
};

/// Reads a traced or scripted module; its weights as they are, converted to
/// `options`.
/// Throws UserError when the file cannot be read.
std::unique_ptr<ScriptNetwork> load_script_network(
    const std::filesystem::path& path,
    const at::TensorOptions& options);

}  // namespace zcp::networks
