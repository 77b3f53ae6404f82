// A TorchScript file or an exported program as a program: its graph and what is
// known of each node.
//
// This header includes LibTorch.
#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/runtime/operator.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "common/exported_program.h"
#include "nets/graph/residual.h"
#include "nets/networks/network.h"
#include "nets/networks/script_options.h"

namespace zcp::networks {

/// How a node runs.
enum class Treatment : std::uint8_t {
  plain,        ///< by its own operator
  batch_norm,   ///< in the mode that the pass asks for
  dropout,      ///< not at all: it returns its input, as in evaluation
  ignored,      ///< not at all: messages to the user
  mean,         ///< a mask of zeros and ones is replaced by its mean
  zeros,        ///< random numbers of a mask that is replaced by its mean
  seeded,       ///< its random numbers are drawn from the seed
  gradients,    ///< asks whether gradients are computed: the pass decides
  no_fast_way,  ///< asks for a reason not to take a way without gradients: true
};

/// One term of a fused sum: a value, or a BatchNorm of it.
struct FusedTerm {
  const torch::jit::Value* value;
  const torch::jit::Node* norm;  ///< null: the value itself
};

/// Nodes that run together, when it is the turn of the last of them, where the
/// pass and the tensors allow it: kernels::sum_of_batch_norms().
struct FusedNodes {
  std::vector<FusedTerm> terms;
  /// Its nodes but for the last one, in the order of the file.
  std::vector<const torch::jit::Node*> before;
  bool relu = false;  ///< whether the last one is a ReLU
  double ceiling = std::numeric_limits<double>::infinity();  ///< of the ReLU
};

/// What is known of a node before it runs.
struct NodePlan {
  std::string name;  ///< of its operator: "relu" of "aten::relu_"; else empty
  Treatment treatment = Treatment::plain;
  LayerKind kind = LayerKind::other;
  bool recorded = false;  ///< whether observers see it
  bool in_place = false;  ///< whether its operator writes into its input
  bool live = false;      ///< whether the network's output depends on it
  int uses = 1;           ///< as LayerCall::uses
  int activation = 0;     ///< place of a layer's input in the arguments
  /// A product with parameters of another form than a linear layer's: what it
  /// multiplies is counted, but its channels are not known.
  bool contraction = false;
  bool variadic = false;    ///< whether its operator takes a count of arguments
  std::uint64_t place = 0;  ///< in the order of the file; random seeds need it
  int dtype = -1;           ///< place of its argument of that name
  // Of a linear layer, as LayerCall has them.
  LinearRole role = LinearRole::none;
  int parts = 1;
  bool to_activation = false;
  bool from_activation = false;
  /// Of its operator; null for what is no operator.
  const c10::FunctionSchema* schema = nullptr;
  /// Arguments that are replaced before it runs: probabilities of dropout.
  std::vector<std::pair<std::size_t, c10::IValue>> replaced;
  /// Its operator; none for what is no operator, such as control flow.
  std::optional<torch::jit::Operation> operation;
  /// Of the last of nodes that run together; null for others.
  std::shared_ptr<const FusedNodes> fused;
  bool deferred = false;  ///< whether it is one of the nodes before that one
  /// What no later node of its block reads.
  std::vector<const torch::jit::Value*> done;
};

/// What attention computes with. The softmax is null for attention in one
/// piece, whose weights no node makes.
struct AttentionPlan {
  const torch::jit::Value* query;  ///< before it is scaled
  const torch::jit::Value* key;    ///< transposed, where there is a softmax
  const torch::jit::Value* value;
  const torch::jit::Node* softmax;
};

/// The inlined graph of a module's `forward`, with a plan for each node.
struct ScriptProgram {
  std::string path;  ///< for messages
  ScriptOptions options;
  torch::jit::Module module;
  std::shared_ptr<torch::jit::Graph> graph;
  std::unordered_map<const torch::jit::Node*, NodePlan> plans;
  /// Index of a parameter by the tensor that the module holds.
  std::unordered_map<const c10::TensorImpl*, int> parameter_index;
  std::vector<std::string> notes;  ///< as ScriptNetwork::notes()
  /// The inputs of `forward`: what their arguments are called.
  std::vector<std::string> input_names;
  /// By input of `forward`: its default. Exported programs have none.
  std::vector<std::optional<c10::IValue>> defaults;
  /// By ScriptOptions::inputs: the input of `forward` that it is.
  std::vector<std::size_t> places;
  int computed_weights = 0;  ///< as Network::computed_weights()
  /// By the node that makes its output.
  std::unordered_map<const torch::jit::Node*, AttentionPlan> attentions;
  std::unordered_set<const torch::jit::Value*> queries;  ///< of attentions
  /// Whether passes on a processor may lay out maps with their channels last,
  /// and take kernels of zcp's own.
  bool channels_last = false;
  /// Looks up the words that are its input; null where it takes no words.
  const torch::jit::Node* words = nullptr;
  /// Whether other nodes read them too, more of them than their number.
  bool reads_words_again = false;
  int word_table = -1;  ///< index of the parameter that it looks them up in

  // Of an exported program alone.
  bool exported = false;  ///< whether it is one
  /// What each node runs; TorchScript's nodes find it by their types.
  std::unordered_map<
      const torch::jit::Node*,
      std::shared_ptr<torch::jit::Operator>>
      operators;
  /// The modules that nodes were called in, the outermost first.
  std::unordered_map<const torch::jit::Node*, std::vector<ExportedModule>>
      modules;
  /// By input of `forward`: the axes that it has to have; empty: any.
  std::vector<std::vector<ExportedAxis>> axes;
  /// By input of `forward`: what its elements have to be.
  std::vector<std::optional<at::ScalarType>> types;
  /// Sizes of tensors; -1 for those that are free.
  std::unordered_map<const torch::jit::Value*, std::vector<std::int64_t>> sizes;
  /// The values that Recording::blocks holds, and where.
  std::unordered_map<const torch::jit::Value*, int> blocks;
  std::vector<graph::ResidualBlock> residual_blocks;

  /// The default of an input of `forward`; null: it has none.
  const c10::IValue* default_of(std::size_t place) const {
    const bool some = place < defaults.size() && defaults[place].has_value();
    return some ? &*defaults[place] : nullptr;
  }
};

}  // namespace zcp::networks
