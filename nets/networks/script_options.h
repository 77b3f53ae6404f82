// How a TorchScript file or an exported program is read. No LibTorch in this
// header.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/network_inputs.h"

namespace zcp::networks {

/// --output does not say which of the tensors that a module returns are its
/// logits: none of the network's scores that run it can be had.
class OutputNotChosen : public UserError {
 public:
  using UserError::UserError;
};

struct ScriptOptions {
  /// Which of several tensors that the module returns are the logits: the index
  /// in a tuple or list, the key in a dict, the name in a named tuple, with
  /// dots between them where they are nested ("out", "0", "aux.1"). None: it
  /// has to return a single tensor.
  std::optional<std::string> output = {};
  /// Decides the numbers that the module itself draws.
  std::uint64_t seed = 0;
  /// Of an exported program: the modules whose outputs are its blocks, each by
  /// its path ("layer1.0"), in the order in which they run. Empty: those that
  /// its residual sums tell.
  std::vector<std::string> blocks = {};
  /// Several inputs, which passes find in one tensor [N, K, 1, 1]; empty: the
  /// network takes one.
  NetworkInputs inputs = {};
  /// What names of parameters begin with that they are told without: that of
  /// a module around the network.
  std::string prefix = {};
};

}  // namespace zcp::networks
