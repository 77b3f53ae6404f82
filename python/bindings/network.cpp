#include "python/bindings/network.h"

#include <fmt/ranges.h>
#include <pybind11/stl.h>
#include <torch/csrc/autograd/python_variable.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <tuple>

#include "common/error.h"
#include "nets/networks/graph_network.h"
#include "nets/networks/graph_plan.h"
#include "nets/networks/program_network.h"
#include "nets/spaces/json/json_space.h"

namespace py = pybind11;

namespace zcp::python {
namespace {

template <typename Value>
Value given(const py::kwargs& arguments, const char* name) {
  return arguments[name].cast<Value>();
}

Output output_of(const py::kwargs& arguments) {
  const auto name = given<std::string>(arguments, "head");
  const auto* const found = std::ranges::find(kHeadNames, name);
  if (found == kHeadNames.end()) {
    throw UserError(
        "head: found {}, expected {}", name, fmt::join(kHeadNames, ", "));
  }
  return {
      given<int>(arguments, "classes"),
      static_cast<Head>(found - kHeadNames.begin())};
}

graph::Graph graph_of(
    const py::kwargs& arguments,
    const spaces::Space& space,
    const std::string& arch) {
  const auto [channels, height, width] =
      given<std::tuple<int, int, int>>(arguments, "image");
  spaces::Skeleton skeleton;
  skeleton.channels = given<int>(arguments, "channels");
  skeleton.cells_per_stage = given<int>(arguments, "cells");
  skeleton.affine = given<bool>(arguments, "affine");
  return space.build(
      arch,
      {channels, height, width},
      output_of(arguments),
      skeleton,
      graph::Folding::as_declared);
}

std::optional<initialisers::Initialiser> initialiser_of(
    const py::kwargs& arguments) {
  const auto name = given<std::string>(arguments, "init");
  if (name.empty()) return std::nullopt;
  return initialisers::find_initialiser(name);
}

py::object python_of(const at::Tensor& tensor) {
  return py::reinterpret_steal<py::object>(THPVariable_Wrap(tensor));
}

py::object tensor_or_none(
    const std::vector<networks::Parameter>& parameters,
    int slot) {
  if (slot < 0) return py::none();
  const at::Tensor& value = parameters[static_cast<std::size_t>(slot)].value;
  return python_of(value.detach().clone(at::MemoryFormat::Contiguous));
}

py::dict node_of(
    const networks::GraphPlan& plan,
    const std::vector<networks::Parameter>& parameters,
    std::size_t i) {
  const graph::Node& node = plan.graph.nodes()[i];
  const graph::Attributes& a = node.attributes;
  const auto inputs = plan.graph.inputs(node);
  py::dict described;
  described["op"] = std::string(graph::op_name(node.op));
  described["inputs"] = std::vector<int>(inputs.begin(), inputs.end());
  described["shape"] =
      py::make_tuple(node.shape.channels, node.shape.height, node.shape.width);
  described["layer"] = node.layer;
  described["weight"] = tensor_or_none(parameters, plan.slots[i].weight);
  described["bias"] = tensor_or_none(parameters, plan.slots[i].bias);
  described["kernel"] = a.window.kernel;
  described["stride"] = a.window.stride;
  described["padding"] = a.window.padding;
  described["dilation"] = a.window.dilation;
  described["output_padding"] = a.output_padding;
  described["groups"] = a.groups;
  described["affine"] = a.affine;
  described["epsilon"] = a.epsilon;
  described["offset"] = a.offset;
  described["slope"] = networks::kLeakySlope;
  return described;
}

void describe_nodes(
    const graph::Graph& graph,
    const py::kwargs& arguments,
    py::dict& described) {
  const networks::GraphPlan plan = networks::plan_graph(graph);
  const auto network = networks::make_graph_network(
      plan.graph,
      initialiser_of(arguments).value_or(initialisers::Initialiser::pytorch),
      given<std::uint64_t>(arguments, "seed"),
      at::TensorOptions(at::kFloat));
  py::list nodes;
  for (std::size_t i = 0; i < plan.graph.nodes().size(); ++i) {
    nodes.append(node_of(plan, network->parameters(), i));
  }
  described["nodes"] = nodes;
  described["output"] = plan.graph.output();
}

/// A value is a tuple of its name, a type ("dtype", its number).
py::object python_of(const ExportedArgument& argument) {
  using Kind = ExportedArgument::Kind;
  switch (argument.kind) {
    case Kind::none:
      return py::none();
    case Kind::value:
      return py::make_tuple(argument.text);
    case Kind::boolean:
      return py::bool_(argument.integer != 0);
    case Kind::integer:
      return py::int_(argument.integer);
    case Kind::real:
      return py::float_(argument.real);
    case Kind::text:
      return py::str(argument.text);
    case Kind::scalar_type:
      return py::make_tuple("dtype", argument.integer);
    case Kind::list: {
      py::list items;
      for (const ExportedArgument& item : argument.items) {
        items.append(python_of(item));
      }
      return items;
    }
    default:
      throw std::logic_error("an argument that no space's program has");
  }
}

/// A tensor that is not trained.
at::Tensor constant_of(const ExportedTensor& tensor) {
  const auto type = static_cast<at::ScalarType>(tensor.dtype);
  const at::Tensor all = at::from_blob(
      const_cast<char*>(tensor.storage->data()),  // NOLINT: only read
      {static_cast<std::int64_t>(
          tensor.storage->size() / at::elementSize(type))},
      at::TensorOptions(type));
  return all.as_strided(tensor.sizes, tensor.strides, tensor.offset).clone();
}

void describe_program(
    const graph::Program& program,
    const py::kwargs& arguments,
    py::dict& described) {
  const auto values = networks::draw_program(
      program,
      initialiser_of(arguments),
      given<std::uint64_t>(arguments, "seed"));
  py::dict parameters;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const graph::ProgramParameter& one = program.parameters[i];
    parameters[py::str(one.name)] =
        python_of(at::tensor(values[i]).view(one.sizes));
  }
  py::list inputs;
  py::dict constants;
  for (const ExportedInput& input : program.code.inputs) {
    inputs.append(py::make_tuple(input.name, input.target));
    const py::str target(input.target);
    if (input.kind != ExportedInput::Kind::tensor ||
        parameters.contains(target)) {
      continue;
    }
    constants[target] =
        python_of(constant_of(program.code.tensors.at(input.target)));
  }
  py::list calls;
  for (const ExportedNode& node : program.code.graph.nodes) {
    py::list names;
    for (const auto& [name, value] : node.inputs) {
      names.append(py::make_tuple(name, python_of(value)));
    }
    py::list outputs;
    for (const ExportedArgument& output : node.outputs) {
      outputs.append(python_of(output));
    }
    calls.append(py::make_tuple(node.target, names, outputs));
  }
  described["parameters"] = parameters;
  described["constants"] = constants;
  described["inputs"] = inputs;
  described["calls"] = calls;
  described["output"] = python_of(program.code.output.value);
}

}  // namespace

py::dict space_network(const py::kwargs& arguments) {
  const auto space = spaces::open_space(given<std::string>(arguments, "space"));
  const std::string arch =
      space->normalise(given<std::string>(arguments, "arch"));
  const graph::Graph graph = graph_of(arguments, *space, arch);
  if (!graph.cannot_run().empty()) {
    throw UserError(
        "{}: no module is made of it: {}", arch, graph.cannot_run());
  }
  py::dict described;
  described["space"] = space->info().name;
  described["arch"] = arch;
  described["params"] = graph.params();
  if (graph.program() != nullptr) {
    describe_program(*graph.program(), arguments, described);
  } else {
    describe_nodes(graph, arguments, described);
  }
  return described;
}

}  // namespace zcp::python
