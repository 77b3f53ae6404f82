// Scores architectures: unites the proxies' needs and runs the fewest passes.
// No LibTorch in this header.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/loss.h"
#include "common/minibatch.h"
#include "common/model_source.h"
#include "common/network_inputs.h"
#include "common/output.h"
#include "nets/graph/graph.h"
#include "nets/initialisers/initialise.h"
#include "nets/spaces/space.h"
#include "proxies/engine/descriptor.h"
#include "proxies/engine/loss_function.h"

namespace zcp::engine {

/// Random inputs of the proxies that do not look at data, where they are given
/// (by tests that compare with another implementation). An empty one is drawn
/// by the seed.
struct HostNoise {
  std::vector<float> inputs;        ///< batch x C x H x W
  std::vector<float> perturbation;  ///< the same
  std::vector<float> signs;         ///< +-1, enough for the widest block
  std::vector<float> circle;        ///< 2 x C x H x W, orthonormal
};

/// Everything besides data and architecture that decides a score. See
/// tensor_options() in device.h for the names of precisions and devices.
struct EvaluatorOptions {
  std::uint64_t seed = 0;
  int batch_size = 64;
  int minibatches = 2;
  /// None: each proxy's own, PyTorch's where it has none; a TorchScript
  /// network keeps its weights.
  std::optional<initialisers::Initialiser> initialiser;
  std::string precision = "fp32";
  std::string device = "cpu";
  Loss loss = Loss::cross_entropy;
  /// Takes the place of `loss`; the minibatches may then be without targets.
  /// Null: there is none.
  LossFunction loss_function;
  /// Asked between passes, from the threads that score: once it says true, what
  /// is not computed yet fails. Null: nothing cancels.
  std::function<bool()> is_cancelled;
  /// Passes of one network that may run at once, each on a thread of its own.
  /// Scores do not depend on it; the memory of the activations grows with it.
  int threads = 1;
  /// Bytes that a proxy may need by the estimate of bytes_needed() in memory.h;
  /// one that needs more has no score and a reason. 0: no limit.
  std::int64_t memory_limit = 0;
  /// Which of the tensors that a TorchScript network returns are the logits, as
  /// networks::ScriptOptions::output has it.
  std::optional<std::string> output;
  /// The modules whose outputs are the blocks of an exported program, as
  /// networks::ScriptOptions::blocks has them.
  std::vector<std::string> blocks;
  /// Several inputs of a TorchScript network, which minibatches of the shape
  /// [K, 1, 1] hold; empty: it takes one. Where one is of whole numbers, what
  /// draws its own inputs or differentiates by them has no score.
  NetworkInputs inputs;
  /// As networks::ScriptOptions::prefix.
  std::string parameter_prefix;
  /// The labels of a minibatch for a TorchScript network of so many outputs,
  /// where they are not those of the minibatch itself. Called from several
  /// threads. Null: they always are.
  std::function<
      std::optional<std::vector<std::int64_t>>(int minibatch, int outputs)>
      labels_for;
  HostNoise noise;
};

class Evaluator {
 public:
  /// Throws UserError when the precision or the device is unknown, when a proxy
  /// needs inputs and there are none, or when bfloat16 would round one of
  /// several inputs of whole numbers. A proxy that needs more minibatches than
  /// the options give, or classes where the task has none, gets no score and a
  /// reason; so does one that reads inputs or numbers of which one is not
  /// finite. `shape` and `output` are the task's.
  Evaluator(
      const std::vector<const Descriptor*>& proxies,
      const EvaluatorOptions& options,
      Shape shape,
      Output output,
      const std::vector<Minibatch>& minibatches);
  ~Evaluator();
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  /// Scores of `which` proxies, in that order. Safe to call from several
  /// threads at once; LibTorch's operators use one core in each, so that a
  /// score never depends on how many run. OpenBLAS's threads are the process's:
  /// the program sets them to one (kernels::set_blas_threads_to_one).
  ///
  /// What goes wrong while a proxy is computed is the reason in its score. A
  /// score with Score::transient set says nothing of the architecture (memory
  /// ran out, the device broke, or the memory limit forbids it): callers must
  /// not store it.
  std::vector<Score> score(
      const graph::Graph& graph,
      std::span<const Descriptor* const> which) const;

  /// The same with the graph's parameters given (nets/networks/network.h says
  /// how they are laid out) instead of drawn.
  std::vector<Score> score(
      const graph::Graph& graph,
      std::span<const float> parameters,
      std::span<const Descriptor* const> which) const;

  /// The same of a TorchScript file or an exported program, whose bytes are let
  /// go of when it is loaded. Throws UserError when it cannot be read, or
  /// returns several tensors of which options.output does not choose one,
  /// unless `which` runs nothing. A network that can be read but not run on the
  /// task's inputs has #params; its other scores are failed, with a reason that
  /// names the file.
  std::vector<Score> score_model(
      ModelSource file,
      std::span<const Descriptor* const> which) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace zcp::engine
