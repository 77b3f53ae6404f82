// What a network tells of a forward pass: the layers that ran, one call each.
// Networks of graphs and of TorchScript files fill the same records, so that
// proxies need not know which of the two they look at.
//
// This header includes LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "common/window.h"

namespace zcp::networks {

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
  recurrent,  ///< LSTM, GRU and plain recurrent layers, cells included
  other,
};

/// What a linear layer of a transformer is there for, where that could be told.
enum class LinearRole : std::uint8_t {
  none,
  query,
  key,
  value,
  packed,     ///< several of these in one layer
  mixed,      ///< what a transform mixes over tokens
  convolved,  ///< what a convolution whose kernel depends on the token reads
  kernel,     ///< the kernel of such a convolution
  output,     ///< projects what attention or such a mix has made
  feed_forward,
};

/// One layer as it ran. Tensors keep their autograd history. What a network
/// does not know of a layer has the value that stands here.
struct LayerCall {
  LayerKind kind;
  at::Tensor input;
  at::Tensor output;
  int weight = -1;  ///< index into Network::parameters(), -1 for none
  int scale = -1;   ///< the same for the scale of a batch_norm
  /// Of a TorchScript file's convolution or linear layer: the weight and the
  /// bias as this call used them; the weight has the axes of PyTorch's modules,
  /// [out, in] for a linear layer. Whether they are parameters or computed.
  at::Tensor used_weight;
  at::Tensor used_bias;
  /// Multiply-accumulates of the whole batch, one for each output that a bias
  /// is added to included. Only TorchScript files fill it.
  std::int64_t macs = 0;
  /// Of a convolution: how its windows lie along each axis of its input, height
  /// first; one axis for sequences, three for volumes.
  std::vector<Window> windows;
  std::int64_t groups = 1;  ///< of a convolution
  bool transposed = false;  ///< of a convolution
  /// Of a batch_norm: the module's own statistics; undefined for a fresh
  /// network, whose variances are 1.
  at::Tensor running_variance;
  /// Of a batch_norm of maps, where the scope asks for variances: the unbiased
  /// variance of each channel over the batch, float64 [C]; not a number for a
  /// single value.
  at::Tensor batch_variance;
  /// The input is an alias that only this call reads, so that the gradient that
  /// arrives at it comes from this layer alone.
  bool own_input = false;
  /// Of a ReLU: how many modules with "ReLU" in their class name read this
  /// input in the original network.
  int uses = 1;
  /// How many modules, containers included, return this output.
  int calls = 1;
  /// How many equal calls of the original network this one stands for.
  int merged = 1;
  /// The network's output depends on this one, so it receives a gradient.
  bool live = true;
  int block = 0;  ///< index of the macro block that it runs in
  LinearRole role = LinearRole::none;  ///< of a linear layer
  /// Of a packed linear layer: how many of queries, keys and values it makes.
  int parts = 1;
  /// Of a layer of a feed-forward network: whether an activation reads its
  /// output, and whether it reads one's.
  bool to_activation = false;
  bool from_activation = false;

  /// One number of the windows along each axis, as LibTorch's operators take
  /// them: along_axes(&Window::stride).
  std::vector<std::int64_t> along_axes(int Window::*number) const {
    std::vector<std::int64_t> numbers;
    for (const Window& window : windows) numbers.push_back(window.*number);
    return numbers;
  }
};

/// Attention as it ran. The axes before the last two are batch and heads, in
/// that order, as one axis or as two.
struct AttentionCall {
  /// As its layer makes it, before it is scaled: [..., tokens, features of a
  /// head], or where it is scaled earlier [..., tokens, features].
  at::Tensor query;
  at::Tensor key;      ///< [..., tokens, features of a head]
  at::Tensor value;    ///< [..., tokens, features of a head]
  at::Tensor weights;  ///< [..., tokens, tokens], rows of sum 1
  at::Tensor output;   ///< [..., tokens, features of a head]
};

/// Which calls a forward pass records, and how much of them.
struct RecordingScope {
  /// Every call in full, and the outputs of the blocks; the members below are
  /// not looked at. Otherwise only the calls that these name are recorded, with
  /// outputs and, for pools, inputs; BatchNorms then come last and may have no
  /// output.
  bool everything = true;
  bool codes = false;   ///< activation functions
  bool layers = false;  ///< convolutions and linear layers
  bool pools = false;
  /// BatchNorms with LayerCall::batch_variance; works in
  /// BatchNormMode::batch_statistics alone.
  bool variances = false;
  /// Recording::attentions, whatever else is recorded.
  bool attention = false;

  /// Whether calls of this kind are recorded.
  bool records(LayerKind kind) const {
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

  /// Whether calls of this kind are recorded with their inputs.
  bool records_input(LayerKind kind) const {
    return everything || (pools && kind == LayerKind::pool);
  }

  /// Whether BatchNorms are recorded with the batch's variances.
  bool records_variances() const { return variances && !everything; }
};

/// What a forward pass records. Its maker sets the scope, the network the rest.
struct Recording {
  RecordingScope scope = {};
  std::vector<LayerCall> calls;
  /// Outputs of the macro blocks in order (empty for TorchScript networks);
  /// an undefined tensor where the block outputs zeros.
  std::vector<at::Tensor> blocks;
  /// In the order in which they ran; where the scope asks for them.
  std::vector<AttentionCall> attentions;
};

}  // namespace zcp::networks
