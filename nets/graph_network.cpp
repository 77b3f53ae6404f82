// A graph with weights: walks the nodes in canonical order with LibTorch's
// functional operators.
#include <ATen/ATen.h>
#include <torch/version.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "common/error.h"
#include "common/random.h"
#include "nets/batch_norm.h"
#include "nets/convolution.h"
#include "nets/fusion.h"
#include "nets/network.h"
#include "nets/trained_network.h"

namespace zcp::nets {
namespace {

/// Of activations and weights: the kernels of convolutions and pools are up to
/// twice as fast as with planes (docs/performance.md).
constexpr at::MemoryFormat kLayout = at::MemoryFormat::ChannelsLast;
constexpr double kBatchNormMomentum = 0.1;
constexpr double kLeakySlope = 0.2;

/// Parameter slots of one node, -1 for none.
struct Slots {
  int weight = -1;
  int bias = -1;
};

/// What does not change when parameters do.
struct Plan {
  Graph graph;
  std::vector<Slots> slots;  // by node
  /// By node: what no later one reads.
  std::vector<std::vector<int>> done_after;
  std::vector<bool> live;  // by node: reaches the output
  std::vector<int> block;  // by node: the macro block it belongs to
  Fusion fusion;
};

std::vector<bool> live_nodes(const Graph& graph) {
  std::vector<bool> live(graph.nodes().size(), false);
  live[at_index(graph.output())] = true;
  for (std::size_t i = graph.nodes().size(); i-- > 0;) {
    if (!live[i]) continue;
    for (const int input : graph.inputs(graph.nodes()[i])) {
      live[at_index(input)] = true;
    }
  }
  return live;
}

/// A node belongs to the first block whose output depends on it, or to the one
/// after what it reads where no block's output does.
std::vector<int> block_numbers(const Graph& graph) {
  constexpr int kNone = -1;
  std::vector<int> number(graph.nodes().size(), kNone);
  std::vector<int> blocks(graph.blocks().begin(), graph.blocks().end());
  const auto repeated = graph.repeated_blocks();
  blocks.insert(blocks.end(), repeated.begin(), repeated.end());
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    if (blocks[k] < 0) continue;
    const std::size_t b = k % graph.blocks().size();
    std::vector<int> pending{blocks[k]};
    while (!pending.empty()) {
      const int node = pending.back();
      pending.pop_back();
      if (number[at_index(node)] != kNone) continue;
      number[at_index(node)] = static_cast<int>(b);
      for (const int input : graph.inputs(graph.nodes()[at_index(node)])) {
        pending.push_back(input);
      }
    }
  }
  std::vector<bool> ends(graph.nodes().size(), false);
  for (const int block : blocks) {
    if (block >= 0) ends[at_index(block)] = true;
  }
  for (std::size_t i = 0; i < number.size(); ++i) {
    if (number[i] != kNone) continue;
    number[i] = 0;
    for (const int input : graph.inputs(graph.nodes()[i])) {
      const int after =
          number[at_index(input)] + (ends[at_index(input)] ? 1 : 0);
      number[i] = std::max(number[i], after);
    }
  }
  return number;
}

LayerKind layer_kind(Op op) {
  switch (op) {
    case Op::conv2d:
      return LayerKind::conv;
    case Op::linear:
      return LayerKind::linear;
    case Op::batch_norm:
      return LayerKind::batch_norm;
    case Op::relu:
      return LayerKind::relu;
    case Op::avg_pool:
    case Op::max_pool:
    case Op::global_avg_pool:
      return LayerKind::pool;
    case Op::add:
      return LayerKind::sum;
    case Op::leaky_relu:
      return LayerKind::smooth_activation;
    case Op::tanh:
    case Op::sigmoid:
      return LayerKind::bounded_activation;
    default:
      return LayerKind::other;
  }
}

bool is_activation(Op op) {
  const LayerKind kind = layer_kind(op);
  return kind == LayerKind::relu || kind == LayerKind::smooth_activation ||
         kind == LayerKind::bounded_activation;
}

class GraphNetwork final : public Network {
 public:
  /// Without `running` the network is one that never trained.
  GraphNetwork(
      std::shared_ptr<const Plan> plan,
      std::vector<Parameter> parameters,
      std::shared_ptr<RunningStatistics> running = nullptr)
      : plan_(std::move(plan)), running_(std::move(running)) {
    parameters_ = std::move(parameters);
  }

  at::Tensor forward(
      const at::Tensor& x,
      BatchNormMode batch_norm,
      Recording* recording) const override {
    const bool all =
        recording != nullptr && recording->scope == RecordingScope::everything;
    const at::Tensor output = batch_norm == BatchNormMode::batch_statistics &&
                                      !all && sums_batch_norms(x)
                                  ? run_fused(x, recording)
                                  : run_all(x, batch_norm, all, recording);
    const Op last = plan_->graph.nodes()[at_index(plan_->graph.output())].op;
    // A linear layer leaves its features on the last axis.
    return last == Op::linear && output.dim() == 4
               ? output.permute({0, 3, 1, 2})
               : output;
  }

  std::unique_ptr<Network> with_parameters(
      const std::function<at::Tensor(const Parameter&)>& change)
      const override {
    return std::make_unique<GraphNetwork>(
        plan_, changed_parameters(parameters_, change), running_);
  }

 private:
  /// Node by node.
  at::Tensor run_all(
      const at::Tensor& x,
      BatchNormMode batch_norm,
      bool keep,
      Recording* recording) const {
    const Graph& graph = plan_->graph;
    std::vector<at::Tensor> values(graph.nodes().size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const at::Tensor own = own_input(i, values, keep);
      values[i] = run(i, own, values, x, batch_norm);
      if (recording != nullptr) record(i, own, values[i], *recording);
      // Blocks are collected at the end.
      if (keep) continue;
      for (const int k : plan_->done_after[i])
        values[at_index(k)] = at::Tensor();
    }
    if (keep) {
      for (const int block : graph.blocks()) {
        const bool zero =
            block < 0 || graph.nodes()[at_index(block)].op == Op::zero;
        recording->blocks.push_back(
            zero ? at::Tensor() : values[at_index(block)]);
      }
    }
    return values[at_index(graph.output())];
  }

  /// Sums of BatchNorms at one go.
  at::Tensor run_fused(const at::Tensor& x, Recording* recording) const {
    const Graph& graph = plan_->graph;
    const Fusion& fusion = plan_->fusion;
    std::vector<at::Tensor> values(graph.nodes().size());
    std::vector<std::vector<at::Tensor>> copies(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (fusion.deferred[i]) continue;
      if (fusion.sums[i]) {
        copies[i] = run_sum(*fusion.sums[i], values);
        values[i] = copies[i][0];
      } else {
        take_copy(i, copies, values);
        const at::Tensor own = own_input(i, values, false);
        values[i] = run(i, own, values, x, BatchNormMode::batch_statistics);
      }
      if (recording != nullptr) record(i, {}, values[i], *recording);
      for (const int k : fusion.done_after[i]) {
        values[at_index(k)] = at::Tensor();
        copies[at_index(k)].clear();
      }
    }
    return values[at_index(graph.output())];
  }

  /// Of several copies of what node i reads, its own becomes the value.
  void take_copy(
      std::size_t i,
      const std::vector<std::vector<at::Tensor>>& copies,
      std::vector<at::Tensor>& values) const {
    const Node& node = plan_->graph.nodes()[i];
    if (node.input_count == 0) return;
    const auto input = at_index(plan_->graph.inputs(node)[0]);
    if (copies[input].size() < 2) return;
    values[input] = copies[input][at_index(plan_->fusion.copy_of_input[i])];
  }

  std::vector<at::Tensor> run_sum(
      const FusedSum& sum,
      const std::vector<at::Tensor>& values) const {
    const Graph& graph = plan_->graph;
    std::vector<SumTerm> terms(sum.terms.size());
    std::vector<BatchMoments> moments(sum.terms.size());
    for (std::size_t k = 0; k < terms.size(); ++k) {
      const auto i = at_index(sum.terms[k]);
      terms[k].x = values[i];
      if (!plan_->fusion.deferred[i]) continue;
      const Node& node = graph.nodes()[i];
      terms[k] = {
          values[at_index(graph.inputs(node)[0])],
          true,
          optional_parameter(plan_->slots[i].weight),
          optional_parameter(plan_->slots[i].bias),
          node.attributes.epsilon,
          running_ == nullptr ? nullptr : &moments[k]};
    }
    auto found = sum_of_batch_norms(terms, {sum.relu, sum.copies});
    if (running_ == nullptr) return found;
    for (std::size_t k = 0; k < terms.size(); ++k) {
      if (!terms[k].normalised) continue;
      keep_running(at_index(sum.terms[k]), moments[k]);
    }
    return found;
  }

  const at::Tensor& parameter(int slot) const {
    return parameters_[at_index(slot)].value;
  }

  /// The value is an undefined tensor where there is no such parameter.
  at::Tensor optional_parameter(int slot) const {
    return slot < 0 ? at::Tensor() : parameter(slot);
  }

  /// What node i reads first; for a layer under observation an alias, whose
  /// gradient then is that of this reader alone.
  at::Tensor own_input(
      std::size_t i,
      const std::vector<at::Tensor>& values,
      bool observed) const {
    const Node& node = plan_->graph.nodes()[i];
    if (node.input_count == 0) return {};
    const at::Tensor& first = values[at_index(plan_->graph.inputs(node)[0])];
    if (node.op == Op::linear) {
      const bool map = node.shape.height > 1 || node.shape.width > 1;
      return map ? first.permute({0, 2, 3, 1}) : first.flatten(1);
    }
    if (node.op != Op::conv2d) return first;
    // Squeeze and excitation convolves the averages.
    if (first.dim() == 2) return first.unsqueeze(2).unsqueeze(3);
    return observed ? at::alias(first) : first;
  }

  at::Tensor run(
      std::size_t i,
      const at::Tensor& own,
      const std::vector<at::Tensor>& values,
      const at::Tensor& x,
      BatchNormMode batch_norm) const {
    const Graph& graph = plan_->graph;
    const Node& node = graph.nodes()[i];
    const auto inputs = graph.inputs(node);
    const Attributes& a = node.attributes;
    const auto in = [&](std::size_t k) -> const at::Tensor& {
      return k == 0 ? own : values[at_index(inputs[k])];
    };
    switch (node.op) {
      case Op::input:
        return x.contiguous(kLayout);
      case Op::zero:
        return at::zeros(
            {x.size(0),
             node.shape.channels,
             node.shape.height,
             node.shape.width},
            x.options());
      case Op::conv2d:
        return convolution(
            in(0),
            parameter(plan_->slots[i].weight),
            optional_parameter(plan_->slots[i].bias),
            {a.stride, a.padding, a.dilation, a.groups});
      case Op::batch_norm:
        return normalise(i, in(0), batch_norm);
      case Op::relu:
        return at::relu(in(0));
      case Op::avg_pool:
        return at::avg_pool2d(
            in(0), a.kernel, a.stride, a.padding, false, false);
      case Op::max_pool:
        return at::max_pool2d(in(0), a.kernel, a.stride, a.padding);
      case Op::global_avg_pool:
        return in(0).mean({2, 3});
      case Op::linear:
        return at::linear(
            in(0),
            parameter(plan_->slots[i].weight),
            parameter(plan_->slots[i].bias));
      case Op::add: {
        at::Tensor sum = in(0) + in(1);
        for (std::size_t k = 2; k < inputs.size(); ++k) sum = sum + in(k);
        return sum;
      }
      case Op::concat: {
        std::vector<at::Tensor> parts;
        for (const int input : inputs) parts.push_back(values[at_index(input)]);
        return at::cat(parts, 1);
      }
      case Op::slice:
        // A tensor of its own, so that no observer takes it for its source.
        return in(0)
            .slice(1, a.offset, a.offset + node.shape.channels)
            .clone(kMemoryFormat);
      case Op::shift:
        return at::constant_pad_nd(
            in(0).slice(2, 1).slice(3, 1), {0, 1, 0, 1}, 0);
      case Op::conv_transpose2d:
        return at::conv_transpose2d(
            in(0),
            parameter(plan_->slots[i].weight),
            optional_parameter(plan_->slots[i].bias),
            a.stride,
            a.padding,
            a.output_padding);
      case Op::leaky_relu:
        return at::leaky_relu(in(0), kLeakySlope);
      case Op::tanh:
        return at::tanh(in(0));
      case Op::sigmoid:
        return at::sigmoid(in(0));
      case Op::multiply:
        return in(0) * in(1);
    }
    throw std::logic_error("an operation that GraphNetwork does not know");
  }

  at::Tensor normalise(std::size_t i, const at::Tensor& x, BatchNormMode mode)
      const {
    if (mode == BatchNormMode::bypass) return x;
    const double epsilon = plan_->graph.nodes()[i].attributes.epsilon;
    if (mode == BatchNormMode::sample_statistics) {
      return at::instance_norm(
          x,
          optional_parameter(plan_->slots[i].weight),
          optional_parameter(plan_->slots[i].bias),
          {},
          {},
          true,
          kBatchNormMomentum,
          epsilon,
          false);
    }
    const at::Tensor scale = optional_parameter(plan_->slots[i].weight);
    const at::Tensor shift = optional_parameter(plan_->slots[i].bias);
    if (mode == BatchNormMode::batch_statistics) {
      if (running_ == nullptr) {
        return batch_norm_of_batch(x, scale, shift, epsilon);
      }
      BatchMoments moments;
      const at::Tensor y =
          batch_norm_of_batch(x, scale, shift, epsilon, &moments);
      keep_running(i, moments);
      return y;
    }
    const bool fresh = running_ == nullptr || !running_->means[i].defined();
    return at::batch_norm(
        x,
        scale,
        shift,
        fresh ? at::zeros({x.size(1)}, x.options()) : running_->means[i],
        fresh ? at::ones({x.size(1)}, x.options()) : running_->variances[i],
        false,
        kBatchNormMomentum,
        epsilon,
        false);
  }

  /// Moves the running statistics of BatchNorm node i towards a batch's.
  void keep_running(std::size_t i, const BatchMoments& moments) const {
    const auto move =
        [](at::Tensor& running, const at::Tensor& batch, double from) {
          if (!running.defined()) {
            running = at::full(batch.sizes(), from, at::kFloat);
          }
          running.lerp_(batch.to(at::kFloat), kBatchNormMomentum);
        };
    const at::NoGradGuard no_grad;
    move(running_->means[i], moments.mean, 0);
    move(running_->variances[i], moments.variance, 1);
  }

  void record(
      std::size_t i,
      const at::Tensor& own,
      const at::Tensor& value,
      Recording& recording) const {
    const Node& node = plan_->graph.nodes()[i];
    if (node.op == Op::input) return;
    if (recording.scope == RecordingScope::codes && !is_activation(node.op)) {
      return;
    }
    const Attributes& a = node.attributes;
    LayerCall call;
    call.kind = layer_kind(node.op);
    call.input = own;
    call.output = value;
    if (node.op == Op::conv2d) {
      call.own_input = true;
      call.window = {
          {a.stride, a.stride},
          {a.padding, a.padding},
          {a.dilation, a.dilation},
          a.groups};
    }
    if (node.op == Op::batch_norm) {
      call.scale = plan_->slots[i].weight;
    } else if (node.op != Op::conv_transpose2d) {
      // The authors' codes look for nn.Conv2d and nn.Linear.
      call.weight = plan_->slots[i].weight;
    }
    call.uses = node.uses;
    call.calls = node.calls;
    call.merged = node.merged;
    call.live = plan_->live[i];
    call.block = plan_->block[i];
    recording.calls.push_back(std::move(call));
  }

  std::shared_ptr<const Plan> plan_;
  std::shared_ptr<RunningStatistics> running_;
};

/// Supplies the tensor of one parameter.
using Source = std::function<
    at::Tensor(const Node& node, ParameterKind kind, at::IntArrayRef sizes)>;

std::unique_ptr<Network> assemble(
    const Graph& graph,
    const Source& source,
    const at::TensorOptions& options,
    std::shared_ptr<RunningStatistics> running = nullptr) {
  auto plan = std::make_shared<Plan>();
  plan->graph = graph;
  plan->slots.resize(graph.nodes().size());
  plan->done_after = done_after_each(
      graph, [&](int i) { return graph.inputs(graph.nodes()[at_index(i)]); });
  plan->live = live_nodes(graph);
  plan->block = block_numbers(graph);
  plan->fusion = fuse(graph);
  std::vector<Parameter> parameters;
  const auto add = [&](const Node& node,
                       ParameterKind kind,
                       const char* suffix,
                       at::IntArrayRef sizes) {
    at::Tensor value = source(node, kind, sizes).to(options);
    if (kind == ParameterKind::conv_weight) {
      value = value.contiguous(kLayout);
    }
    parameters.push_back(
        {std::to_string(node.layer) + suffix,
         kind,
         std::move(value),
         2 * node.layer + (suffix == std::string_view(".bias") ? 1 : 0)});
    return static_cast<int>(parameters.size()) - 1;
  };
  std::vector<Slots> of_layer(graph.layers().size());
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.nodes()[i];
    const Attributes& a = node.attributes;
    Slots& slots = plan->slots[i];
    if (node.layer >= 0) slots = of_layer[at_index(node.layer)];
    if (slots.weight >= 0) continue;  // a layer that runs again
    const int in =
        node.input_count == 0
            ? 0
            : graph.nodes()[at_index(graph.inputs(node)[0])].shape.channels;
    if (node.op == Op::conv2d) {
      slots.weight =
          add(node,
              ParameterKind::conv_weight,
              ".weight",
              {a.out_channels, in / a.groups, a.kernel, a.kernel});
      if (a.bias) {
        slots.bias = add(node, ParameterKind::bias, ".bias", {a.out_channels});
      }
    } else if (node.op == Op::conv_transpose2d) {
      slots.weight =
          add(node,
              ParameterKind::transposed_weight,
              ".weight",
              {in, a.out_channels, a.kernel, a.kernel});
      if (a.bias) {
        slots.bias = add(node, ParameterKind::bias, ".bias", {a.out_channels});
      }
    } else if (node.op == Op::linear) {
      slots.weight = add(
          node, ParameterKind::linear_weight, ".weight", {a.out_channels, in});
      slots.bias = add(node, ParameterKind::bias, ".bias", {a.out_channels});
    } else if (node.op == Op::batch_norm && a.affine) {
      slots.weight = add(node, ParameterKind::norm_scale, ".weight", {in});
      slots.bias = add(node, ParameterKind::norm_shift, ".bias", {in});
    }
    if (node.layer >= 0) of_layer[at_index(node.layer)] = slots;
  }
  return std::make_unique<GraphNetwork>(
      std::move(plan), std::move(parameters), std::move(running));
}

Fans fans_of(const Graph& graph, const Node& node) {
  const Layer& layer = graph.layers()[at_index(node.layer)];
  const Attributes& a = layer.attributes;
  const bool convolution =
      layer.op == Op::conv2d || layer.op == Op::conv_transpose2d;
  const std::int64_t window =
      convolution ? std::int64_t{a.kernel} * a.kernel : 1;
  // PyTorch reads the fans off the weight, which is [in, out, k, k] here.
  if (layer.op == Op::conv_transpose2d) {
    return {window * a.out_channels, window * layer.input.channels};
  }
  return {
      window * layer.input.channels / a.groups,
      window * a.out_channels / a.groups};
}

std::span<float> floats(at::Tensor& tensor) {
  return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

}  // namespace

std::vector<Parameter> changed_parameters(
    const std::vector<Parameter>& parameters,
    const std::function<at::Tensor(const Parameter&)>& change) {
  std::vector<Parameter> changed = parameters;
  for (std::size_t i = 0; i < changed.size(); ++i) {
    changed[i].value = change(parameters[i]);
  }
  return changed;
}

std::vector<std::size_t> declared_order(const Network& network) {
  std::vector<std::size_t> order(network.parameters().size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) {
    return network.parameters()[i].declared;
  });
  return order;
}

namespace {

/// Draws each parameter from a generator of its own.
Source
drawn_by(const Graph& graph, Initialiser initialiser, std::uint64_t seed) {
  return [&graph, initialiser, seed](
             const Node& node, ParameterKind kind, at::IntArrayRef sizes) {
    at::Tensor value = at::empty(sizes, at::kFloat);
    switch (kind) {
      case ParameterKind::norm_scale:
        return value.fill_(1.0);
      case ParameterKind::norm_shift:
        return value.fill_(0.0);
      case ParameterKind::bias:
        draw_bias(
            initialiser,
            fans_of(graph, node),
            derive_seed(seed, "bias", node.identity),
            floats(value));
        return value;
      default:
        draw_weight(
            initialiser,
            fans_of(graph, node),
            derive_seed(seed, "weight", node.identity),
            floats(value));
        return value;
    }
  };
}

}  // namespace

std::unique_ptr<Network> make_graph_network(
    const Graph& graph,
    Initialiser initialiser,
    std::uint64_t seed,
    const at::TensorOptions& options) {
  return assemble(graph, drawn_by(graph, initialiser, seed), options);
}

std::unique_ptr<Network> make_trained_network(
    const Graph& graph,
    Initialiser initialiser,
    std::uint64_t seed,
    const at::TensorOptions& options) {
  auto running = std::make_shared<RunningStatistics>();
  running->means.resize(graph.nodes().size());
  running->variances.resize(graph.nodes().size());
  return assemble(
      graph, drawn_by(graph, initialiser, seed), options, std::move(running));
}

std::unique_ptr<Network> make_graph_network(
    const Graph& graph,
    std::span<const float> values,
    const at::TensorOptions& options) {
  if (static_cast<std::int64_t>(values.size()) != graph.params()) {
    throw UserError(
        "found {} weights, expected {}, the network's parameters",
        values.size(),
        graph.params());
  }
  // Where each declared layer's values begin.
  std::vector<std::size_t> offsets;
  std::size_t offset = 0;
  for (const Layer& layer : graph.layers()) {
    offsets.push_back(offset);
    offset += static_cast<std::size_t>(layer.params);
  }
  const Source read =
      [&](const Node& node, ParameterKind kind, at::IntArrayRef sizes) {
        at::Tensor value = at::empty(sizes, at::kFloat);
        std::size_t begin = offsets[at_index(node.layer)];
        if (kind == ParameterKind::bias || kind == ParameterKind::norm_shift) {
          const Layer& layer = graph.layers()[at_index(node.layer)];
          begin += static_cast<std::size_t>(layer.params - value.numel());
        }
        const auto part =
            values.subspan(begin, static_cast<std::size_t>(value.numel()));
        std::copy(part.begin(), part.end(), value.data_ptr<float>());
        return value;
      };
  return assemble(graph, read, options);
}

}  // namespace zcp::nets
