// How a TorchScript file is read. No LibTorch in this header.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace zcp::networks {

struct ScriptOptions {
  /// Which of several tensors that the module returns are the logits: the index
  /// in a tuple or list, the key in a dict, the name in a named tuple, with
  /// dots between them where they are nested ("out", "0", "aux.1"). None: it
  /// has to return a single tensor.
  std::optional<std::string> output = {};
  /// Decides the numbers that the module itself draws.
  std::uint64_t seed = 0;
};

}  // namespace zcp::networks
