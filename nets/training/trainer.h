// Trains the network of a graph to tell classes apart, on one core of the CPU
// or on a device.
// No LibTorch in this header.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "nets/graph/graph.h"
#include "nets/initialisers/initialise.h"

namespace zcp::training {

/// Labelled examples of one shape, numbered from 0.
struct ExampleSource {
  std::int64_t size = 0;
  /// Writes the inputs of examples `which` (row-major, one after another) into
  /// `x` and their labels into `y`; what is random in an input is drawn by
  /// `seed` and the example's place in `which`. Safe from several threads.
  std::function<void(
      std::span<const std::int64_t> which,
      std::uint64_t seed,
      std::span<float> x,
      std::span<std::int64_t> y)>
      gather;
};

/// SGD with Nesterov's momentum on mean cross entropy; the learning rate falls
/// from minibatch to minibatch along half a cosine to 0; every parameter
/// decays, as in PyTorch's SGD. Each epoch shows every example once, in an
/// order of its own; the last minibatch holds what is left.
struct TrainingOptions {
  int epochs = 1;
  int batch_size = 128;
  double learning_rate = 0.1;
  double momentum = 0.9;
  double weight_decay = 5e-4;
  initialisers::Initialiser initialiser = initialisers::Initialiser::pytorch;
  std::uint64_t seed = 0;      ///< of weights, order and transforms
  std::string device = "cpu";  ///< or cuda:N; in float32
};

enum class TrainingEnd : std::uint8_t {
  complete,
  diverged,  ///< a loss was not finite; there are no accuracies
  stopped,   ///< the caller's wish; there are no accuracies
};

struct TrainingResult {
  TrainingEnd end = TrainingEnd::complete;
  int epochs = 0;  ///< begun
  /// Over the last epoch's minibatches as they were trained on, in percent.
  double train_accuracy = 0;
  double train_loss = 0;
  /// Of all test examples after training, with running statistics.
  double test_accuracy = 0;
  double test_loss = 0;
  double seconds = 0;  ///< by the clock
};

/// Called after each minibatch with the number of training examples shown
/// since the last call; false ends the training.
using TrainingProgress = std::function<bool(std::int64_t examples)>;

/// Trains and tests. The same options, graph and examples give the same result
/// (but seconds) on one machine and kind of device, whatever other threads do;
/// rounding differs between kinds, and training magnifies it. Uses one core.
/// Throws std::invalid_argument for sizes or epochs that are not positive,
/// UserError for a device that is not there.
TrainingResult train(
    const graph::Graph& graph,
    const ExampleSource& training,
    const ExampleSource& test,
    const TrainingOptions& options,
    const TrainingProgress& progress);

}  // namespace zcp::training
