// A network as a list of operators: what spaces declare whose networks are more
// than a graph's layers. No tensors: weights are drawn by the rules here when a
// network is made (nets/networks/program_network.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/exported_program.h"

namespace zcp::graph {

/// How a benchmark's authors draw a parameter.
struct DrawnBy {
  enum class Rule : std::uint8_t {
    zeros,
    ones,
    normal,   ///< N(0, spread^2)
    uniform,  ///< U(-spread, spread)
  };
  Rule rule = Rule::zeros;
  float spread = 0;
};

/// A trainable tensor of a program.
struct ProgramParameter {
  std::string name;  ///< as PyTorch's module would name it: "blocks.0.qkv.bias"
  std::vector<std::int64_t> sizes;
  DrawnBy drawn_by;
  /// Of the layer that it is the weight or the bias of; 0 for all else, which
  /// no initialiser draws.
  std::int64_t fan_in = 0;
  std::int64_t fan_out = 0;

  std::int64_t elements() const {
    std::int64_t count = 1;
    for (const std::int64_t size : sizes) count *= size;
    return count;
  }
};

/// What runs a member of a space. Its first input is [N, C, H, W], or whole
/// numbers [N, T] for texts.
struct Program {
  /// Operators and constants. Its trainable tensors have no storage yet.
  ExportedProgram code;
  std::vector<ProgramParameter> parameters;  ///< in the order declared

  std::int64_t params() const {
    std::int64_t count = 0;
    for (const ProgramParameter& one : parameters) count += one.elements();
    return count;
  }
};

}  // namespace zcp::graph
