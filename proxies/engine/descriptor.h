// What a proxy says of itself, and what it returns. No LibTorch in this header.
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
struct PendingValue;
struct Setting;

/// A proxy's result on one architecture: higher is predicted better.
struct Score {
  ScoreStatus status = ScoreStatus::failed;
  double value = 0;    ///< meaningful when status is ok
  std::string reason;  ///< why there is no value
  double seconds = 0;  ///< its share of the passes, and its own reduction
  /// Says that status failed has a cause outside the architecture: the machine
  /// ran out of memory or its device broke. Another run may have the score, so
  /// that this one must not be stored.
  bool transient = false;
  /// Where the value is still on a device: status and value come with
  /// read_pending() in observer.h. Null in every score that an evaluator
  /// returns.
  std::shared_ptr<const PendingValue> pending = nullptr;

  static Score of(double value);
  static Score degenerate(std::string reason);
  static Score failed(std::string reason);
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
  signs,       ///< train mode on the first, random signs times outputs backward
  own,         ///< the proxy runs the network itself
};

/// What a proxy needs; the evaluator unites the needs of all.
struct Needs {
  PassKind pass = PassKind::structure;
  /// Looks at nothing but Setting::params and Setting::macs, so that the graph
  /// need not be folded or compared with others.
  bool counts_only = false;
  /// The fewest minibatches that have a score; 0: none is needed, or one is
  /// enough.
  int minibatches = 0;
  bool labels = false;   ///< or the numbers that stand in their place
  bool classes = false;  ///< has a meaning only where each input has a class
  bool all_minibatches = false;      ///< observes each, not only the first
  bool parameter_gradients = false;  ///< of the loss
  /// Gradients at all outputs together with `activations`, at those of
  /// convolutions and linear layers together with `layer_outputs`.
  bool activation_gradients = false;
  bool activations = false;    ///< inputs and outputs of all layers
  bool layer_outputs = false;  ///< only of convolutions and linear layers
  bool codes = false;          ///< only outputs of activation functions
  /// Whether layers whose output nothing reads run, too.
  graph::Folding folding = graph::Folding::functional;
  /// How many numbers it holds at once for each parameter of the network, apart
  /// from those that the other fields say; see bytes_needed() in memory.h.
  double numbers_a_parameter = 0;
  /// How many numbers it holds at once for each that a layer returns, where it
  /// runs the network itself; those of passes follow from the other fields.
  double numbers_an_output = 2;
  /// The initialiser that belongs to the proxy's definition; none: PyTorch's.
  std::optional<initialisers::Initialiser> initialiser = {};

  std::string mode = {};    ///< of the network, where it is not train mode
  std::string detail = {};  ///< what the fields above do not say

  /// Whether the proxy looks at the task's data.
  bool inputs() const {
    return pass == PassKind::minibatch || pass == PassKind::jacobian ||
           pass == PassKind::signs || minibatches > 0;
  }
};

/// Makes the observer of one architecture.
using MakeObserver =
    std::function<std::unique_ptr<Observer>(const Setting& setting)>;

/// One proxy: what `zcp proxies` prints of it, what it needs, how it is made.
/// Everything that the program knows of a single proxy stands here.
struct Descriptor {
  std::string name;  ///< set by the registry: that of its line in list.inc
  std::vector<std::string> aliases;
  std::string family;     ///< size, saliency, synflow, codes, ...
  std::string formula;    ///< one line
  std::string published;  ///< "higher" or "lower": how its authors state it
  Needs needs;
  std::string dtype;       ///< in which its sums are made
  std::string degenerate;  ///< when there is no score
  std::string variant;     ///< whose reading it is, known deviations
  std::string paper;
  std::string reference;  ///< repository and file of the authors' code
  /// Whether it belongs to the group core.
  bool core = false;
  /// Its name in NAS-Bench-Suite-Zero, and so in the group suite-zero; empty:
  /// it is no member.
  std::string suite_zero;
  /// Kendall's tau between its bf16 and its fp32 scores of 200 NATS-TSS cells,
  /// as tests/perf/run.sh --only bf16 prints it; none: not measured. To measure
  /// a proxy, set it to 1 first: what has none is refused in bf16.
  std::optional<double> bfloat16_tau;
  MakeObserver make;
};

/// The description that a proxy starts from which varies another: all of
/// `proxy` but what holds for that one alone, which is its name and aliases,
/// its groups and what was measured of it.
Descriptor variant_of(Descriptor proxy);

/// What a proxy that runs the network itself does. Proxies for which this is
/// the same do it once: that of Needs::detail, else the proxy's name.
const std::string& own_work_of(const Descriptor& proxy);

}  // namespace zcp::engine
