// A TorchScript file as a network.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "nets/networks/network.h"

namespace zcp::networks {

class ScriptNetwork : public Network {
 public:
  /// What was changed to make the file a deterministic classifier, a line each
  /// (dropout switched off).
  virtual const std::vector<std::string>& notes() const = 0;
};

/// Reads a traced or scripted module; its weights as they are, converted to
/// `options`. Runs node by node, so that BatchNorm can be bypassed and every
/// layer observed; in-place operators run out of place; dropout is switched
/// off. A module that returns a tuple is taken by its last tensor.
/// Throws UserError when the file cannot be read.
std::unique_ptr<ScriptNetwork> load_script_network(
    const std::filesystem::path& path,
    const at::TensorOptions& options);

/// The same network with weights drawn anew by `initialiser`: BatchNorm and
/// LayerNorm to 1 and 0, parameters of kind `other` left as they are.
std::unique_ptr<Network> redraw(
    const Network& network,
    initialisers::Initialiser initialiser,
    std::uint64_t seed);

}  // namespace zcp::networks
