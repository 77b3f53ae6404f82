#include "nets/networks/padding_mask.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace zcp::networks {
namespace {

using Kind = ExportedArgument::Kind;

// As c10::ScalarType counts.
constexpr int kLong = 4;
constexpr int kBool = 11;

constexpr const char* kMask = "attention_mask";

ExportedArgument value(std::string name) {
  return {.kind = Kind::value, .text = std::move(name)};
}

ExportedArgument integer(std::int64_t number) {
  return {.kind = Kind::integer, .integer = number};
}

ExportedArgument axis_list(std::int64_t axis) {
  return {.kind = Kind::list, .items = {integer(axis)}};
}

const ExportedArgument* argument(
    const ExportedNode& node,
    const std::string& name) {
  const auto found = std::ranges::find(
      node.inputs, name, &std::pair<std::string, ExportedArgument>::first);
  return found == node.inputs.end() ? nullptr : &found->second;
}

class Masking {
 public:
  explicit Masking(const graph::Program& program) : program_(program) {}

  graph::Program apply() && {
    ExportedProgram& code = program_.code;
    const ExportedInput& words = code.inputs.front();
    const auto axes = code.meta.at(words.name).axes;
    code.inputs.insert(
        code.inputs.begin() + 1, {ExportedInput::Kind::given, kMask, {}, {}});
    code.meta[kMask] = {kLong, axes};
    std::vector<ExportedNode> nodes = std::move(code.graph.nodes);
    code.graph.nodes.clear();
    hidden_ =
        call("eq.Scalar", {{"self", value(kMask)}, {"other", integer(0)}});
    code.meta[hidden_] = {kBool, axes};
    for (int i = 0; i < 2; ++i) {  // an axis for heads and one for queries
      hidden_ =
          call("unsqueeze", {{"self", value(hidden_)}, {"dim", integer(1)}});
    }
    for (ExportedNode& node : nodes) {
      if (is_attention(node)) hide_padding(node);
      if (is_mean_of_words(node)) {
        mean_of_seen(node);
      } else {
        code.graph.nodes.push_back(std::move(node));
      }
    }
    return std::move(program_);
  }

 private:
  using Arguments = std::vector<std::pair<std::string, ExportedArgument>>;

  /// Adds the call of an operator of ATen; the name of what it makes.
  std::string
  call(const std::string& target, Arguments arguments, std::string name = {}) {
    if (name.empty()) name = "m" + std::to_string(calls_++);
    const bool plain = target.find('.') == std::string::npos;
    program_.code.graph.nodes.push_back(
        {"torch.ops.aten." + target + (plain ? ".default" : ""),
         std::move(arguments),
         {value(name)},
         {}});
    return name;
  }

  std::size_t axes_of(const ExportedArgument& term) const {
    const auto meta = program_.code.meta.find(term.text);
    return meta == program_.code.meta.end() ? 0 : meta->second.axes.size();
  }

  /// The softmax of scores [N, heads, T, T] over the keys.
  bool is_attention(const ExportedNode& node) const {
    return node.target == "torch.ops.aten.softmax.int" &&
           axes_of(*argument(node, "self")) == 4 &&
           argument(node, "dim")->integer == -1;
  }

  /// The mean of [N, T, features] over the words.
  bool is_mean_of_words(const ExportedNode& node) const {
    if (node.target != "torch.ops.aten.mean.dim") return false;
    const ExportedArgument& axes = *argument(node, "dim");
    return axes_of(*argument(node, "self")) == 3 && axes.items.size() == 1 &&
           axes.items[0].integer == 1;
  }

  void hide_padding(ExportedNode& softmax) {
    ExportedArgument& scores = softmax.inputs.front().second;
    const auto meta = program_.code.meta.at(scores.text);
    const ExportedArgument nothing{
        .kind = Kind::real, .real = -std::numeric_limits<double>::infinity()};
    scores = value(call(
        "masked_fill.Scalar",
        {{"self", scores}, {"mask", value(hidden_)}, {"value", nothing}}));
    program_.code.meta[scores.text] = meta;
  }

  void mean_of_seen(const ExportedNode& mean) {
    const ExportedArgument& x = *argument(mean, "self");
    std::string seen = call("type_as", {{"self", value(kMask)}, {"other", x}});
    seen = call("unsqueeze", {{"self", value(seen)}, {"dim", integer(-1)}});
    const std::string shown =
        call("mul.Tensor", {{"self", x}, {"other", value(seen)}});
    program_.code.meta[shown] = program_.code.meta.at(x.text);
    const std::string sum = call(
        "sum.dim_IntList", {{"self", value(shown)}, {"dim", axis_list(1)}});
    const std::string count =
        call("sum.dim_IntList", {{"self", value(seen)}, {"dim", axis_list(1)}});
    call(
        "div.Tensor",
        {{"self", value(sum)}, {"other", value(count)}},
        mean.outputs.front().text);
  }

  graph::Program program_;
  std::string hidden_;
  int calls_ = 0;
};

}  // namespace

bool takes_words(const graph::Program& program) {
  const ExportedProgram& code = program.code;
  const auto meta = code.meta.find(code.inputs.front().name);
  return meta != code.meta.end() && meta->second.dtype == kLong;
}

graph::Program with_mask(const graph::Program& program) {
  return Masking(program).apply();
}

}  // namespace zcp::networks
