// The interface between passes and proxies. Includes LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <span>
#include <vector>

#include "common/loss.h"
#include "nets/networks/network.h"
#include "proxies/engine/descriptor.h"

namespace zcp::engine {

/// What is the same for a whole run.
struct Protocol {
  std::uint64_t seed = 0;
  int batch_size = 64;
  int minibatches = 2;
  Loss loss = Loss::cross_entropy;
  at::TensorOptions options;  ///< dtype and device of weights and activations
};

/// Images and labels on the device.
struct DeviceMinibatch {
  at::Tensor x;  ///< [N, C, H, W]
  /// Labels [N] or [N, H, W], int64, or numbers [N, K], float32 or float64;
  /// undefined without either.
  at::Tensor y;
  /// The output is multiplied by and shifted by these, an entry each number of
  /// a sample, before it is compared with numbers; undefined: it is not.
  at::Tensor scale;
  at::Tensor offset;
};

/// What an observer is made with: one architecture under one protocol.
struct Setting {
  const Protocol& protocol;
  const networks::Network* network;  ///< null for PassKind::structure
  const graph::Graph* graph;         ///< null for a TorchScript file
  std::int64_t params;               ///< of the whole network, as declared
  std::int64_t macs;
  int classes;
  std::span<const DeviceMinibatch> minibatches;
  at::Tensor noise;         ///< N(0, 1), a batch of inputs
  at::Tensor perturbation;  ///< the same shape, independent of it
  /// +-1, as many as the widest block output has; undefined: by the seed.
  at::Tensor signs;
  at::Tensor circle;  ///< two orthonormal directions [2, C, H, W]
};

/// One finished pass.
struct Pass {
  const networks::Network& network;
  const networks::Recording& recording;
  int minibatch;
  at::Tensor x;
  at::Tensor y;
  at::Tensor logits;
  /// By parameter index; undefined where no gradient reached. Empty when not
  /// asked for.
  std::vector<at::Tensor> gradients;
  /// By call index: gradient at the call's output; undefined likewise, and
  /// where the scope is not everything for all but layers.
  std::vector<at::Tensor> output_gradients;
  /// By call index: gradient at an own input (LayerCall::own_input).
  std::vector<at::Tensor> reader_gradients;
  at::Tensor input_gradient;  ///< PassKind::jacobian
};

/// A proxy at work on one architecture: sees each pass it asked for, then says
/// its score. Keeps sums on the device and leaves it once, in finish().
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void observe(const Pass&) {}
  virtual Score finish() = 0;
};

/// For each convolution and linear weight of the network, in layer order: the
/// weight and its gradient (undefined where none arrived).
struct LayerGradient {
  const at::Tensor& weight;
  const at::Tensor& gradient;
};
std::vector<LayerGradient> layer_gradients(const Pass& pass);

/// An observer made of a function of one pass.
std::unique_ptr<Observer> observe_once(
    std::function<Score(const Pass&)> function);

/// An observer of a proxy that sees no shared pass: `function` makes its score.
std::unique_ptr<Observer> observe_nothing(std::function<Score()> function);

/// A score from a tensor of one element; degenerate when it is not finite.
Score score_of(const at::Tensor& value, const char* reason_when_not_finite);

/// Sum over the layers of `term`, an at::Tensor of one element in float64;
/// layers without gradient are left out (their term is 0).
Score sum_over_layers(
    const Pass& pass,
    const std::function<at::Tensor(const LayerGradient&)>& term,
    const char* reason_when_not_finite);

}  // namespace zcp::engine
