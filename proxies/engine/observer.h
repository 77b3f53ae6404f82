// What a proxy sees of an architecture, and how it reduces that to a score.
// Needs LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/loss.h"
#include "nets/networks/network.h"
#include "proxies/engine/descriptor.h"
#include "proxies/engine/flat_layers.h"
#include "proxies/engine/loss_function.h"
#include "proxies/engine/memory.h"
#include "proxies/engine/shared_values.h"

namespace zcp {
class Crew;
}

namespace zcp::engine {

/// The settings of a run, the same for all of its architectures.
struct RunSettings {
  std::uint64_t seed = 0;
  int batch_size = 64;
  int minibatches = 2;
  Loss loss = Loss::cross_entropy;
  LossFunction loss_function = nullptr;  ///< in its place; null: there is none
  std::function<bool()> is_cancelled = nullptr;
  int threads = 1;            ///< passes of one network that may run at once
  bool features = false;      ///< outputs are features of tokens, no logits
  at::TensorOptions options;  ///< dtype and device of weights and activations
};

/// Inputs and targets on the device.
struct DeviceMinibatch {
  at::Tensor x;  ///< [N, C, H, W]; words [N, T], int64
  /// Labels [N] or [N, H, W], int64, or numbers [N, K], float32 or float64;
  /// undefined without either.
  at::Tensor y;
  Samples samples;  ///< which of the run's it holds
  /// The largest label; -1 where it is not known.
  std::int64_t largest_label = -1;
  /// Before it is compared with numbers, the output is multiplied by `scale`
  /// and then shifted by `offset`, both [1, K]; undefined: it is not.
  at::Tensor scale;
  at::Tensor offset;
};

/// Inputs of the proxies that do not look at data.
struct RandomInputs {
  at::Tensor noise;         ///< N(0, 1), a batch of inputs [N, C, H, W]
  at::Tensor perturbation;  ///< the same shape, independent of it
  /// +-1, as many as the widest block output has; undefined: drawn by the seed.
  at::Tensor signs;
  at::Tensor circle;  ///< two orthonormal directions [2, C, H, W]
};

/// What an observer is made with: one architecture and the settings of the run.
struct Setting {
  const RunSettings& run;
  const networks::Network* network;  ///< null for PassKind::structure
  const graph::Graph* graph;         ///< null for a TorchScript file
  std::int64_t params;               ///< of the whole network, as declared
  std::int64_t macs;                 ///< -1 where the network cannot run
  int classes;
  std::span<const DeviceMinibatch> minibatches;
  RandomInputs random;
  /// What several proxies make of this network; null: each makes its own.
  std::shared_ptr<SharedValues> shared = nullptr;
  /// Threads for passes of this network that may run at once; null: there are
  /// none. Lives until the scores are there.
  Crew* crew = nullptr;
  Workload workload = {};  ///< what the memory of those passes depends on
};

/// One finished pass.
struct Pass {
  const networks::Network& network;
  const networks::Recording& recording;
  int minibatch = 0;  ///< its index; 0 where the inputs are no minibatch
  /// The input [N, C, H, W]; of words their embeddings [N, T, E] where
  /// something is derived by it, else the words [N, T].
  at::Tensor x;
  at::Tensor y = {};       ///< DeviceMinibatch::y; undefined without data
  at::Tensor logits = {};  ///< the network's output
  /// By parameter index; undefined where no gradient arrived. Empty when not
  /// asked for.
  std::vector<at::Tensor> gradients = {};
  /// By call index: the gradient at the call's output; undefined where no
  /// gradient arrived. Where the recording's scope is not everything, those of
  /// convolutions and linear layers alone.
  std::vector<at::Tensor> output_gradients = {};
  /// By call index: the gradient at an own input (LayerCall::own_input).
  std::vector<at::Tensor> reader_gradients = {};
  /// PassKind::jacobian: that of the sum of the logits (of summed_output()), of
  /// x's shape; undefined where the logits do not depend on x.
  at::Tensor input_gradient = {};
  /// Whether rounding alone left it (add_input_gradient()).
  bool input_gradient_is_noise = false;
  /// What several observers make of this pass.
  std::shared_ptr<SharedValues> shared = std::make_shared<SharedValues>();

  /// Whether operators cost a launch each, so that few large ones are wanted.
  bool launches() const { return !x.device().is_cpu(); }
};

/// The first `count` signs; where fewer are given they are repeated.
at::Tensor first_signs(const at::Tensor& signs, std::int64_t count);

/// +-1 in the shape of an output: those that are given (RandomInputs::signs),
/// repeated where there are too few, else drawn by the seed.
at::Tensor output_signs(const Setting& setting, const at::Tensor& output);

/// The sum of the logits. In front of a LayerNorm the sum of features is the
/// same whatever they are: they are multiplied by random signs first.
at::Tensor summed_output(const Setting& setting, const at::Tensor& output);

/// A proxy at work on one architecture: sees each pass it asked for, then says
/// its score. Keeps its sums on the device and reads them once, in finish().
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void observe(const Pass&) {}
  virtual Score finish() = 0;
};

/// For Descriptor::make: the score is a function of one pass, the last that the
/// proxy is shown.
MakeObserver from_pass(std::function<Score(const Pass&)> reduce);
MakeObserver from_pass(
    std::function<Score(const Pass&, const Setting&)> reduce);

/// For Descriptor::make of a proxy that sees no shared pass: the score is a
/// function of the setting.
MakeObserver from_setting(std::function<Score(const Setting&)> compute);

/// Why proxies that read the weights of all layers have no score: a layer's
/// weight is no parameter but is computed from some, or no layer has weights.
std::optional<std::string> layer_weight_fault(const networks::Network& network);

/// Why proxies that read what each layer computes have no score: as
/// layer_weight_fault(), or a layer's weight is that of no recorded call, such
/// as a third of attention's joint projection. `recording` holds the calls of
/// convolutions and linear layers.
std::optional<std::string> layer_call_fault(
    const networks::Network& network,
    const networks::Recording& recording);

/// The weight of a convolution or a linear layer and its gradient.
struct LayerGradient {
  const at::Tensor& weight;
  const at::Tensor& gradient;  ///< undefined where none arrived
};

/// Those of the network's convolutions and linear layers, in layer order.
std::vector<LayerGradient> layer_gradients(const Pass& pass);

/// The same one after another, made once a pass.
const FlatLayers& flat_layers(const Pass& pass);

/// For Descriptor::make: the sum over the layers of `term`, a tensor of one
/// element in float64. Layers without gradient are left out (their term is 0).
/// `of_all` is the same sum, of all layers at once, for devices where each
/// operator costs a launch.
MakeObserver from_layer_gradients(
    std::function<at::Tensor(const LayerGradient&)> term,
    std::function<at::Tensor(const FlatLayers&)> of_all,
    std::string reason_when_not_finite);

/// A number that lies on a device until the scores of a network are read
/// together: each reading on its own would wait for everything queued there.
struct PendingValue {
  at::Tensor value;  ///< float64, one element; undefined: the score is known
  std::string reason_when_not_finite;
  /// Of each pass that it was seen in, how many numbers of the output are NaN,
  /// in float64.
  std::vector<at::Tensor> nan_outputs = {};
};

/// How many numbers of the network's output are NaN: one element in float64.
/// Made once a pass.
const at::Tensor& nan_outputs(const Pass& pass);

/// The score of a proxy that saw passes whose outputs hold NaN. Codes, signs
/// and ranks of such a network's activations look like any others.
Score score_of_nan_outputs();

/// Reads the values that are pending, by one copy for all of them.
void read_pending(std::span<Score* const> scores);

/// The score when its value is needed at once.
Score resolved(Score score);

/// A score from a tensor of one element; degenerate when it is not finite. On
/// the processor at once, on a device it is pending.
Score score_of(const at::Tensor& value, const char* reason_when_not_finite);

/// The same of the sum of such tensors; 0 for none.
Score sum_of(
    const std::vector<at::Tensor>& terms,
    const char* reason_when_not_finite);

}  // namespace zcp::engine
