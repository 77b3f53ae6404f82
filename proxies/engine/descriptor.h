// What a proxy says of itself, and what it returns. No LibTorch.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/score_status.h"
#include "nets/graph/graph.h"
#include "nets/initialisers/initialise.h"

namespace zcp::engine {

class Observer;
struct Setting;

/// A proxy's result on one architecture. Oriented: higher is predicted better.
struct Score {
  ScoreStatus status = ScoreStatus::failed;
  double value = 0;    ///< meaningful when status is ok
  std::string reason;  ///< why there is no value
  double seconds = 0;  ///< its share of the passes, and its own reduction

  static Score of(double value);
  static Score degenerate(std::string reason);
};

/// The kind of pass that a proxy observes. Passes are run once for all proxies
/// that ask for them.
enum class PassKind : std::uint8_t {
  structure,   ///< nothing runs: shapes, #params
  weights,     ///< nothing runs: the initial weights
  minibatch,   ///< train mode on the task's minibatches
  jacobian,    ///< train mode on the first, sum of the logits backward to x
  noise,       ///< train-mode forward of N(0, 1) inputs
  noise_one,   ///< the same with one input
  synflow,     ///< |weights|, input of ones, no BatchNorm, float64
  synflow_bn,  ///< the same with BatchNorm
  own,         ///< the proxy runs the network itself
};

/// What a proxy needs; the evaluator unites the needs of all.
struct Needs {
  PassKind pass = PassKind::structure;
  int minibatches = 0;   ///< at least; 0: none, or the protocol's number
  bool labels = false;   ///< or the numbers that stand in their place
  bool classes = false;  ///< has a meaning only where each input has a class
  bool all_minibatches = false;      ///< observes each, not only the first
  bool parameter_gradients = false;  ///< of the loss
  /// At all outputs with `activations`, at those of layers with
  /// `layer_outputs`.
  bool activation_gradients = false;
  bool activations = false;    ///< layers' inputs and outputs
  bool layer_outputs = false;  ///< of convolutions and linear layers, no more
  bool codes = false;          ///< outputs of activation functions, no more
  /// Runs the layers whose output nothing reads, too.
  graph::Folding folding = graph::Folding::functional;
  /// The initialiser that belongs to the proxy's definition; none: PyTorch's.
  std::optional<initialisers::Initialiser> initialiser;

  std::string mode;    ///< of the network, where it is not train mode
  std::string detail;  ///< what the fields above do not say

  bool inputs() const {
    return pass == PassKind::minibatch || pass == PassKind::jacobian ||
           minibatches > 0;
  }
};

struct Descriptor {
  std::string name;
  std::vector<std::string> aliases;
  std::string family;     ///< size, saliency, synflow, codes, ...
  std::string formula;    ///< one line
  std::string published;  ///< the direction in which its authors state it
  Needs needs;
  std::string dtype;       ///< in which its sums are made
  std::string degenerate;  ///< when there is no score
  std::string variant;     ///< whose reading, known deviations
  std::string paper;
  std::string reference;  ///< repository and file of the authors' code
  std::function<std::unique_ptr<Observer>(const Setting&)> make;
};

}  // namespace zcp::engine
