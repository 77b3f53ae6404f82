// What can be run and observed: a graph with weights, or a TorchScript file.
//
// This header includes LibTorch; whoever only wants architectures takes
// nets/graph.h.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "nets/graph/graph.h"
#include "nets/initialisers/initialise.h"

namespace zcp::networks {

enum class ParameterKind : std::uint8_t {
  conv_weight,
  linear_weight,
  bias,  ///< of a convolution or a linear layer
  norm_scale,
  norm_shift,
  transposed_weight,  ///< of a transposed convolution, [in, out, k, k]
  other,              ///< position embeddings, class tokens, layer scales
};

/// A trainable tensor of a network.
struct Parameter {
  std::string name;
  ParameterKind kind;
  at::Tensor value;
  /// Place in the order in which the network declares its layers.
  int declared = 0;

  /// The arrays that zero-cost-nas and its descendants score.
  bool is_layer_weight() const {
    return kind == ParameterKind::conv_weight ||
           kind == ParameterKind::linear_weight;
  }
};

enum class BatchNormMode : std::uint8_t {
  batch_statistics,    ///< train mode
  running_statistics,  ///< eval mode
  sample_statistics,   ///< train mode with every sample a batch of its own
  bypass,              ///< replaced by the identity
};

/// Layout of activations and convolution weights. Scores are compared with
/// those of PyTorch programs, whose tensors are laid out like this.
inline constexpr at::MemoryFormat kMemoryFormat = at::MemoryFormat::Contiguous;

enum class LayerKind : std::uint8_t {
  conv,
  linear,
  batch_norm,
  layer_norm,
  relu,                ///< ReLU and ReLU6: piecewise linear, codes exist
  smooth_activation,   ///< SiLU, GELU, ...
  bounded_activation,  ///< sigmoid and tanh, mostly gates
  pool,
  sum,
  other,
};

/// How a convolution moves over its input.
struct Window {
  std::vector<std::int64_t> stride;
  std::vector<std::int64_t> padding;
  std::vector<std::int64_t> dilation;
  std::int64_t groups = 1;
};

/// One layer as it ran. Tensors keep their autograd history.
struct LayerCall {
  LayerKind kind;
  at::Tensor input;
  at::Tensor output;
  int weight = -1;  ///< index into Network::parameters(), -1 for none
  int scale = -1;   ///< batch_norm's gamma
  Window window;    ///< of a convolution
  /// batch_norm: the module's own statistics; undefined for a fresh network,
  /// whose variances are 1.
  at::Tensor running_variance;
  /// batch_norm of maps, where the scope names variances: the unbiased one of
  /// each channel over the batch, float64 [C]; not a number for a single value.
  at::Tensor batch_variance;
  /// The input is an alias that only this call reads, so that its gradient is
  /// this reader's alone.
  bool own_input = false;
  /// ReLU: how many modules with "ReLU" in their class name read this input in
  /// the original network.
  int uses = 1;
  /// How many modules, containers included, return this output.
  int calls = 1;
  /// How many equal calls of the original network this one stands for.
  int merged = 1;
  /// The output reaches the network's output, so it receives a gradient.
  bool live = true;
  int block = 0;  ///< index of the macro block that it runs in
};

/// What a forward pass is to record.
struct RecordingScope {
  /// Every call in full, and the blocks; what follows is not looked at. Without
  /// it the calls that one of the following names are recorded, without inputs
  /// but of pools; BatchNorms may come last and have no output.
  bool everything = true;
  bool codes = false;   ///< outputs of activation functions
  bool layers = false;  ///< outputs of convolutions and linear layers
  bool pools = false;   ///< inputs and outputs
  /// LayerCall::batch_variance; in BatchNormMode::batch_statistics alone.
  bool variances = false;

  /// Whether calls of this kind are recorded.
  bool names(LayerKind kind) const {
    switch (kind) {
      case LayerKind::conv:
      case LayerKind::linear:
        return everything || layers;
      case LayerKind::pool:
        return everything || pools;
      case LayerKind::batch_norm:
        return everything || variances;
      case LayerKind::relu:
      case LayerKind::smooth_activation:
      case LayerKind::bounded_activation:
        return everything || codes;
      default:
        return everything;
    }
  }

  /// Whether those of BatchNorms are recorded with the batch's variances.
  bool names_variances() const { return variances && !everything; }

  /// Whether they are recorded with their inputs.
  bool names_input(LayerKind kind) const {
    return everything || (pools && kind == LayerKind::pool);
  }
};

/// What a forward pass records for its observers.
struct Recording {
  RecordingScope scope = {};
  std::vector<LayerCall> calls;
  /// Outputs of the macro blocks in order (empty for TorchScript networks);
  /// an undefined tensor where the block outputs zeros.
  std::vector<at::Tensor> blocks;
};

class Network {
 public:
  virtual ~Network() = default;

  /// Logits [N, classes] (or what the network returns, [N, C, H, W] for a
  /// number or a class a pixel) for x [N, C, H, W].
  /// `recording`, where given, is filled with the calls in its scope.
  virtual at::Tensor forward(
      const at::Tensor& x,
      BatchNormMode batch_norm,
      Recording* recording) const = 0;

  const std::vector<Parameter>& parameters() const { return parameters_; }

  /// The same network with other parameters: `change` maps each.
  virtual std::unique_ptr<Network> with_parameters(
      const std::function<at::Tensor(const Parameter&)>& change) const = 0;

 protected:
  std::vector<Parameter> parameters_;
};

/// The same parameters with each value mapped by `change`.
std::vector<Parameter> changed_parameters(
    const std::vector<Parameter>& parameters,
    const std::function<at::Tensor(const Parameter&)>& change);

/// Indices of the parameters in the order in which they are declared.
std::vector<std::size_t> declared_order(const Network& network);

/// The network of a graph; weights drawn by `initialiser`, each layer from a
/// generator seeded by (seed, the layer's identity).
std::unique_ptr<Network> make_graph_network(
    const graph::Graph& graph,
    initialisers::Initialiser initialiser,
    std::uint64_t seed,
    const at::TensorOptions& options);

/// The network of a graph with given parameters: `values` holds, layer after
/// layer as declared, weight and bias of conv2d and linear, scale and shift of
/// batch_norm; layers that do not run are passed over.
/// Throws UserError when the number of values is not the graph's #params.
std::unique_ptr<Network> make_graph_network(
    const graph::Graph& graph,
    std::span<const float> values,
    const at::TensorOptions& options);

}  // namespace zcp::networks
