// What can be run and observed: a graph with weights, or a TorchScript file.
//
// This header includes LibTorch; whoever only wants architectures takes
// nets/graph/graph.h.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nets/networks/recording.h"

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

/// A trainable tensor of a network. A network lists each once, however many of
/// its layers share it.
struct Parameter {
  std::string name;
  ParameterKind kind;
  at::Tensor value;
  /// Place in the order in which the network declares its layers.
  int declared = 0;
  /// Of a layer's weight: the inputs that an output is computed from. 0: those
  /// of PyTorch's modules, all elements of weight[0]; -1: not known.
  std::int64_t fan_in = 0;
  /// Every use of it is a LayerCall that names it, of a kind whose gradients
  /// follow from the recorded input and output: a convolution of maps, a linear
  /// layer or a norm. Where this is false only autograd knows its gradient.
  bool in_calls = true;

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

/// Layout of inputs and of what TorchScript files compute. Scores are compared
/// with those of PyTorch programs, whose tensors are laid out like this.
inline constexpr at::MemoryFormat kMemoryFormat = at::MemoryFormat::Contiguous;

/// A network with its parameters. Nothing of it changes when it runs, so that
/// one may run in several threads at once.
class Network {
 public:
  virtual ~Network() = default;

  /// Logits [N, classes] (or what the network returns, [N, C, H, W] for a
  /// number or a class a pixel) for x [N, C, H, W], or for words [N, T], int64.
  /// `recording`, where given, is filled with the calls in its scope.
  virtual at::Tensor forward(
      const at::Tensor& x,
      BatchNormMode batch_norm,
      Recording* recording) const = 0;

  const std::vector<Parameter>& parameters() const { return parameters_; }

  /// Features of a word, of a network that looks words up; 0: it takes real
  /// numbers alone.
  virtual std::int64_t word_features() const { return 0; }

  /// What stands for words [N, T] where real numbers are wanted: their
  /// embeddings [N, T, word_features()], which forward() takes in their place.
  /// What is real already is returned.
  virtual at::Tensor embed(const at::Tensor& x) const { return x; }

  /// The same as forward(x), where `embedded` is embed(x): of words [N, T] only
  /// x tells which of them a mask hides.
  virtual at::Tensor forward_embedded(
      const at::Tensor& embedded,
      const at::Tensor& /*x*/,
      BatchNormMode batch_norm,
      Recording* recording) const {
    return forward(embedded, batch_norm, recording);
  }

  /// How many convolutions and linear layers compute their weight from
  /// parameters (weight_norm, weight standardisation). No parameter is the
  /// weight of such a layer, so that sums over layers' weights miss it.
  virtual int computed_weights() const { return 0; }

  /// Whether row n of all that is computed from an input of so many axes, and
  /// of all that is recorded, is known to be of sample n alone, but for the
  /// statistics of BatchNorms.
  virtual bool keeps_samples_apart(std::int64_t /*axes*/) const {
    return false;
  }

  /// The same network with other parameters: `change` maps each.
  virtual std::unique_ptr<Network> with_parameters(
      const std::function<at::Tensor(const Parameter&)>& change) const = 0;

 protected:
  explicit Network(std::vector<Parameter> parameters)
      : parameters_(std::move(parameters)) {}

 private:
  std::vector<Parameter> parameters_;
};

/// The same parameters with each value mapped by `change`.
std::vector<Parameter> changed_parameters(
    const std::vector<Parameter>& parameters,
    const std::function<at::Tensor(const Parameter&)>& change);

/// Indices of the parameters in the order in which they are declared.
std::vector<std::size_t> declared_order(const Network& network);

}  // namespace zcp::networks
