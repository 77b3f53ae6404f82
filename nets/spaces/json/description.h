// A space as its JSON file describes it: what may be chosen, and the network
// that each choice gives. docs/spaces.md explains the form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "nets/spaces/json/expression.h"
#include "nets/spaces/json/item.h"

namespace zcp::spaces::json {

/// How often a stage may repeat its layers.
inline constexpr std::int64_t kMostRepetitions = 500;

/// What a choice is set to: a number, or the name of an operation.
using Setting = std::variant<std::int64_t, std::string>;

std::string setting_text(const Setting& setting);

/// One decision that tells the members of a space apart.
struct Choice {
  std::string name;  ///< "2<-0", "kernel", "kernel2.1"
  std::vector<Setting> values;
  std::string path;  ///< where the file declares it
};

enum class LayerKind : std::uint8_t {
  none,  ///< zeros of the shape that is asked for
  skip,
  relu,
  leaky_relu,
  tanh,
  sigmoid,
  batch_norm,
  conv,
  depthwise,
  linear,
  avg_pool,
  max_pool,
  global_avg_pool,
  shift,
  operation,  ///< another operation, with numbers of its own
  module,     ///< a class of PyTorch around layers
  add,
  concat,
  multiply,
  residual,
  branch,  ///< layers under a condition
};

struct Layer;
using Layers = std::vector<Layer>;

/// A layer, or what holds layers. Fields that its kind does not have are as
/// they are here.
struct Layer {
  LayerKind kind = LayerKind::skip;
  std::string path;
  std::string name;  ///< of the operation, of the choice among some, the class
  Expression size;   ///< kernel, or outputs of a linear layer
  std::optional<Expression> out;
  Expression stride{1};
  std::optional<Expression> padding;
  Expression dilation{1};
  Expression groups{1};
  bool bias = false;
  bool affine = true;
  double epsilon = 1e-5;
  std::vector<std::pair<std::string, Expression>> numbers;
  Condition condition;
  std::vector<Layers> parts;  ///< of a sum, a module, both of a condition, ...
};

struct Operation {
  std::string name;
  std::string path;
  Layers layers;
};

/// An edge of a cell. `operation` names an operation, a layer or a choice.
struct Edge {
  int to = 0;
  Expression from;
  std::string operation;
  std::string path;
};

/// Nodes that are sums of their edges; node 0 is the input.
struct Cell {
  std::string name;
  std::string path;
  int nodes = 0;
  std::vector<Edge> edges;
  std::vector<int> output;  ///< one node, or those that are concatenated
};

/// Numbers and operations that hold inside a stage: a name there, and the
/// choices behind it, one for all repetitions or one for each.
struct StageChoice {
  std::string name;
  bool each = false;
  std::vector<std::size_t> choices;
};

struct Stage {
  std::string path;
  Expression channels;
  Expression repeat{1};
  std::optional<Expression> stride;
  std::optional<Layers> reduction;
  std::optional<Layers> block;
  std::optional<std::size_t> cell;  ///< index into Description::cells
  std::vector<StageChoice> choices;
};

struct Description {
  std::string file;
  std::string name;
  std::string summary;
  std::string paper;
  std::string spec;  ///< the template; empty: NAME=VALUE,...
  std::vector<Choice> choices;
  std::size_t global_choices = 0;  ///< so many of them, the first, are named
  std::vector<Operation> operations;
  std::vector<Cell> cells;
  Expression stem_channels;
  std::string stem_path;
  Layers stem;
  std::vector<Stage> stages;
  Layers head;

  /// The operation of that name; null where there is none.
  const Operation* find_operation(const std::string& name) const;
  /// Index of the choice of that name.
  std::optional<std::size_t> find_choice(const std::string& name) const;
};

/// The layer that is written as its name alone; none for other names.
std::optional<LayerKind> plain_layer(const std::string& name);

/// Reads the form. Names and shapes are checked by check() and when a network
/// is built. Throws UserError with file and path.
Description read_description(const Item& top);

/// Throws UserError for a name that stands for nothing where it is used, for an
/// operation that uses itself, and for a choice that nothing reads.
void check(const Description& description);

}  // namespace zcp::spaces::json
