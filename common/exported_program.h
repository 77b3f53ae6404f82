// What torch.export.save writes, as plain data: a graph of ATen operators, and
// the tensors that it reads. formats::read_model_file() makes it of a `.pt2`
// file; networks::load_exported() makes a network of it.
//
// The names of fields follow torch/_export/serde/schema.py.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace zcp {

/// A tensor that the file holds. Every element lies within its storage.
struct ExportedTensor {
  int dtype = 0;  ///< as c10::ScalarType counts
  std::vector<std::int64_t> sizes;
  std::vector<std::int64_t> strides;  ///< in elements; none is negative
  std::int64_t offset = 0;            ///< in elements
  bool trainable = false;             ///< a parameter with requires_grad
  /// The bytes. Tensors that share memory share this object.
  std::shared_ptr<const std::string> storage;
};

/// An argument of a node, or a value that it makes.
struct ExportedArgument {
  enum class Kind : std::uint8_t {
    none,
    value,    ///< what a node or an input made: `text` is its name
    boolean,  ///< `integer`
    integer,
    real,
    text,
    scalar_type,    ///< `integer`, as c10::ScalarType counts
    memory_format,  ///< `integer`, as c10::MemoryFormat counts
    layout,         ///< `integer`, as c10::Layout counts
    device,         ///< `text`, "cpu" or "cuda:0"
    graph,          ///< `integer`: index into ExportedProgram::graphs
    list,           ///< `items`
  };
  Kind kind = Kind::none;
  std::int64_t integer = 0;
  double real = 0;
  std::string text = {};
  std::vector<ExportedArgument> items = {};
};

/// A module that a node was called in.
struct ExportedModule {
  std::string call;  ///< its name among the calls: "layer1.0", "act@1"
  std::string path;  ///< "layer1.0"; empty for the whole network
  std::string type;  ///< "torch.nn.modules.conv.Conv2d"
};

struct ExportedNode {
  /// "torch.ops.aten.conv2d.default", "_operator.mul"
  std::string target;
  /// The name of each argument in the operator's schema, and its value.
  std::vector<std::pair<std::string, ExportedArgument>> inputs;
  /// Values, or lists of them, as the operator returns them.
  std::vector<ExportedArgument> outputs;
  std::vector<ExportedModule> modules;  ///< the outermost first
};

struct ExportedGraph {
  std::vector<ExportedArgument> inputs;
  std::vector<ExportedNode> nodes;
  std::vector<ExportedArgument> outputs;
};

/// An input of the graph.
struct ExportedInput {
  enum class Kind : std::uint8_t {
    tensor,    ///< a parameter, a buffer or a constant: `target` names it
    given,     ///< by whoever calls the network
    constant,  ///< `constant`, whatever is given
    ignored,   ///< a token that orders effects
  };
  Kind kind = Kind::given;
  std::string name;  ///< of the value
  std::string target = {};
  ExportedArgument constant = {};
  bool is_parameter = false;  ///< a tensor of the module's parameters
};

/// An axis of a tensor.
struct ExportedAxis {
  std::int64_t size = -1;  ///< -1: any in the range
  std::int64_t least = 0;
  std::int64_t most = -1;  ///< -1: no limit
};

/// What is known of a tensor in the graph.
struct ExportedMeta {
  int dtype = 0;  ///< as c10::ScalarType counts
  std::vector<ExportedAxis> axes;
};

/// How the returned values lie within each other.
struct ExportedOutput {
  enum class Kind : std::uint8_t { leaf, tuple, list, dict };
  Kind kind = Kind::leaf;
  ExportedArgument value = {};             ///< of a leaf
  std::vector<std::string> keys = {};      ///< of a dict or a named tuple
  std::vector<ExportedOutput> items = {};  ///< of all but a leaf
};

struct ExportedProgram {
  std::string torch_version;  ///< that wrote it
  std::vector<ExportedInput> inputs;
  ExportedGraph graph;
  /// Graphs that nodes take as arguments.
  std::vector<ExportedGraph> graphs;
  ExportedOutput output;
  /// By name; parameters are tensors that inputs name.
  std::map<std::string, ExportedTensor> tensors;
  /// Of the graph's values.
  std::map<std::string, ExportedMeta> meta;
};

}  // namespace zcp
