#include "nets/networks/script_write.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/csrc/jit/api/module.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "common/atomic_file.h"
#include "common/error.h"
#include "nets/networks/graph_network.h"
#include "nets/networks/graph_plan.h"

namespace zcp::networks {
namespace {

/// An attribute of the module: "3.weight" of the graph's layer 3 is
/// layer3_weight.
std::string attribute_name(const std::string& parameter) {
  std::string name = "layer" + parameter;
  std::ranges::replace(name, '.', '_');
  return name;
}

std::string statistics_name(const char* what, std::size_t node) {
  return fmt::format("{}_{}", what, node);
}

/// Writes the source of one graph, node by node. Value i is called v<i>.
class SourceWriter {
 public:
  explicit SourceWriter(const GraphPlan& plan)
      : plan_(plan), graph_(plan.graph) {}

  std::string text() {
    std::string text = "def forward(self, x):\n";
    for (std::size_t i = 0; i < graph_.nodes().size(); ++i) {
      text += fmt::format("    v{} = {}\n", i, expression(i));
    }
    const auto last = graph::at_index(graph_.output());
    const graph::Node& output = graph_.nodes()[last];
    // A linear layer leaves its features on the last axis.
    const bool map = output.op == graph::Op::linear && is_map(output.shape);
    return text +
           (map ? fmt::format(
                      "    return torch.permute(v{}, [0, 3, 1, 2])\n", last)
                : fmt::format("    return v{}\n", last));
  }

 private:
  static bool is_map(const Shape& shape) {
    return shape.height > 1 || shape.width > 1;
  }

  const graph::Node& input(const graph::Node& node, std::size_t which = 0)
      const {
    return graph_.nodes()[graph::at_index(graph_.inputs(node)[which])];
  }
  std::string value(const graph::Node& node, std::size_t which = 0) const {
    return fmt::format("v{}", graph_.inputs(node)[which]);
  }
  /// Averages over a map are vectors [N, C].
  static bool is_vector(const graph::Node& node) {
    return node.op == graph::Op::global_avg_pool ||
           node.op == graph::Op::linear;
  }
  /// A vector as a map of one pixel. Elementwise nodes keep what they read.
  std::string as_map(const graph::Node& node, std::size_t which = 0) const {
    const graph::Node* source = &input(node, which);
    while (!is_vector(*source) &&
           (source->op == graph::Op::relu || source->op == graph::Op::sigmoid ||
            source->op == graph::Op::tanh ||
            source->op == graph::Op::leaky_relu)) {
      source = &input(*source);
    }
    const std::string text = value(node, which);
    if (!is_vector(*source)) return text;
    return fmt::format("torch.unsqueeze(torch.unsqueeze({}, 2), 3)", text);
  }
  std::string parameter(int slot) const {
    if (slot < 0) return "None";
    return "self." +
           attribute_name(plan_.parameters[graph::at_index(slot)].name);
  }
  static std::string pair(int number) {
    return fmt::format("[{0}, {0}]", number);
  }

  std::string expression(std::size_t i) const {
    const graph::Node& node = graph_.nodes()[i];
    const graph::Attributes& a = node.attributes;
    switch (node.op) {
      case graph::Op::input:
        return "x";
      case graph::Op::zero:
        return fmt::format(
            "torch.new_zeros(x, [torch.size(x, 0), {}, {}, {}])",
            node.shape.channels,
            node.shape.height,
            node.shape.width);
      case graph::Op::conv2d:
      case graph::Op::conv_transpose2d:
        return convolution(i);
      case graph::Op::linear:
        return linear(i);
      case graph::Op::batch_norm:
        return fmt::format(
            "torch.batch_norm({}, {}, {}, self.{}, self.{}, self.training, "
            "0.1, {:#.17g}, True)",
            value(node),
            parameter(plan_.slots[i].weight),
            parameter(plan_.slots[i].bias),
            statistics_name("running_mean", i),
            statistics_name("running_var", i),
            a.epsilon);
      case graph::Op::avg_pool:
        return pool("avg_pool2d", node, ", False, False");
      case graph::Op::max_pool:
        return pool("max_pool2d", node, "");
      default:
        return simple(node);
    }
  }

  std::string convolution(std::size_t i) const {
    const graph::Node& node = graph_.nodes()[i];
    const graph::Attributes& a = node.attributes;
    const bool transposed = node.op == graph::Op::conv_transpose2d;
    const std::string head = fmt::format(
        "torch.{}({}, {}, {}, {}, {}, ",
        transposed ? "conv_transpose2d" : "conv2d",
        as_map(node),
        parameter(plan_.slots[i].weight),
        parameter(plan_.slots[i].bias),
        pair(a.window.stride),
        pair(a.window.padding));
    if (transposed) return head + pair(a.output_padding) + ")";
    return head + fmt::format("{}, {})", pair(a.window.dilation), a.groups);
  }

  std::string pool(const char* name, const graph::Node& node, const char* more)
      const {
    const Window& window = node.attributes.window;
    return fmt::format(
        "torch.{}({}, {}, {}, {}{})",
        name,
        value(node),
        pair(window.kernel),
        pair(window.stride),
        pair(window.padding),
        more);
  }

  std::string linear(std::size_t i) const {
    const graph::Node& node = graph_.nodes()[i];
    const std::string x =
        is_map(node.shape)
            ? fmt::format("torch.permute({}, [0, 2, 3, 1])", value(node))
            : fmt::format("torch.flatten({}, 1)", value(node));
    return fmt::format(
        "torch.linear({}, {}, {})",
        x,
        parameter(plan_.slots[i].weight),
        parameter(plan_.slots[i].bias));
  }

  /// What has no parameters and no window.
  std::string simple(const graph::Node& node) const {
    switch (node.op) {
      case graph::Op::relu:
        return fmt::format("torch.relu({})", value(node));
      case graph::Op::leaky_relu:
        return fmt::format(
            "torch.leaky_relu({}, {})", value(node), kLeakySlope);
      case graph::Op::tanh:
        return fmt::format("torch.tanh({})", value(node));
      case graph::Op::sigmoid:
        return fmt::format("torch.sigmoid({})", value(node));
      case graph::Op::global_avg_pool:
        return fmt::format("torch.mean({}, [2, 3])", value(node));
      case graph::Op::multiply:
        return fmt::format("torch.mul({}, {})", value(node), as_map(node, 1));
      case graph::Op::slice:
        return fmt::format(
            "torch.slice({}, 1, {}, {})",
            value(node),
            node.attributes.offset,
            node.attributes.offset + node.shape.channels);
      case graph::Op::shift:
        return fmt::format(
            "torch.constant_pad_nd(torch.slice(torch.slice({}, 2, 1), 3, 1), "
            "[0, 1, 0, 1], 0)",
            value(node));
      case graph::Op::add:
      case graph::Op::concat:
        return joined(node);
      default:
        throw std::logic_error("an operation that no script is written of");
    }
  }

  std::string joined(const graph::Node& node) const {
    const auto inputs = graph_.inputs(node);
    std::string text = fmt::format("v{}", inputs[0]);
    const bool sum = node.op == graph::Op::add;
    for (const int input : inputs.subspan(1)) {
      text += fmt::format("{}v{}", sum ? " + " : ", ", input);
    }
    return sum ? text : fmt::format("torch.cat([{}], 1)", text);
  }

  const GraphPlan& plan_;
  const graph::Graph& graph_;
};

torch::jit::Module module_of(
    const ScriptToWrite& what,
    const GraphPlan& plan,
    std::int64_t& parameters) {
  const at::TensorOptions options(what.doubles ? at::kDouble : at::kFloat);
  const auto network =
      make_graph_network(what.graph, what.initialiser, what.seed, options);
  torch::jit::Module module("zcp.Network");
  parameters = 0;
  for (const Parameter& parameter : network->parameters()) {
    module.register_parameter(
        attribute_name(parameter.name),
        parameter.value.detach().contiguous().set_requires_grad(true),
        false);
    parameters += parameter.value.numel();
  }
  for (std::size_t i = 0; i < plan.graph.nodes().size(); ++i) {
    const graph::Node& node = plan.graph.nodes()[i];
    if (node.op != graph::Op::batch_norm) continue;
    module.register_buffer(
        statistics_name("running_mean", i),
        at::zeros({node.shape.channels}, options));
    module.register_buffer(
        statistics_name("running_var", i),
        at::ones({node.shape.channels}, options));
  }
  module.register_attribute("training", c10::BoolType::get(), true);
  module.define(SourceWriter(plan).text());
  return module;
}

}  // namespace

std::string cannot_write_script(const graph::Graph& graph) {
  if (!graph.cannot_run().empty()) return graph.cannot_run();
  for (const graph::Node& node : graph.nodes()) {
    if (node.op >= graph::Op::layer_norm) {  // those of transformers
      return fmt::format(
          "networks with {} are not written as TorchScript",
          graph::op_name(node.op));
    }
  }
  return {};
}

std::string script_source(const graph::Graph& graph) {
  return SourceWriter(plan_graph(graph)).text();
}

std::int64_t write_script(
    const ScriptToWrite& what,
    const std::filesystem::path& path) {
  std::int64_t parameters = 0;
  const GraphPlan plan = plan_graph(what.graph);
  const torch::jit::Module module = module_of(what, plan, parameters);
  std::ostringstream bytes;
  module.save(bytes, {{"zcp.json", what.note}});
  AtomicFile file(path);
  {
    std::ofstream out(file.temporary(), std::ios::binary);
    out << bytes.str();
    if (!out.flush()) throw UserError("{}: cannot be written", path.string());
  }
  file.replace();
  return parameters;
}

}  // namespace zcp::networks
