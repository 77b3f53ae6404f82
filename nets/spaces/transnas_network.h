// What the two spaces of TransNAS-Bench-101 share: the network around cells or
// residual blocks, with the head of each task.
// Structure: Duan et al., CVPR 2021, https://arxiv.org/abs/2105.11871;
// yawen-d/TransNASBench: lib/models/net_infer/{net_macro,cell_micro}.py,
// net_ops/cell_ops.py, task_models/decoder.py. The network of a task is that
// encoder with the task's decoder; the discriminator that trains `normal` and
// `autoencoder` is not part of it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nets/spaces/space.h"

namespace zcp::spaces::transnas {

inline constexpr std::string_view kPaper = "https://arxiv.org/abs/2105.11871";

/// Operations of a cell's edges by their digit.
enum class EdgeOp : std::uint8_t { none, skip, conv_1x1, conv_3x3 };

/// Edges of the cell in the order of the spec: 1<-0, 2<-0, 2<-1, 3<-0, ...
using MicroCell = std::array<EdgeOp, 6>;

/// An encoder, whose modules are digits from 1 to 4: 2 and 4 double the
/// channels, 3 and 4 halve the map.
struct Encoder {
  std::string modules;
  /// What a module is built of; none: ResNet basic blocks.
  std::optional<MicroCell> cell;
};

/// Whether a module doubles the channels.
bool doubles(char module);
/// Whether a module halves the map.
bool halves(char module);

/// The tasks of the benchmark, by the names of its tables.
const std::vector<std::string>& all_tasks();

/// The network of an encoder for inputs of this shape. An input of 27 channels
/// is a jigsaw puzzle: nine tiles, each of which goes through the same encoder.
/// `space` is for messages. Throws UserError where the input does not suit the
/// output, and for an odd number of channels.
graph::Graph build_network(
    const std::string& space,
    const Encoder& encoder,
    Shape input,
    Output output,
    const Skeleton& skeleton,
    graph::Folding folding);

}  // namespace zcp::spaces::transnas
