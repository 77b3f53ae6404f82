// A graph with weights: walks the nodes in canonical order with LibTorch's
// functional operators and, where those are slow, our own.
#include <ATen/ATen.h>
#include <torch/version.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "common/error.h"
#include "common/random.h"
#include "nets/graph/fusion.h"
#include "nets/kernels/average_pool.h"
#include "nets/kernels/batch_norm.h"
#include "nets/kernels/convolution.h"
#include "nets/networks/network.h"
#include "nets/networks/trained_network.h"

namespace zcp::networks {
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
  graph::Graph graph;
  std::vector<Slots> slots;  // by node
  /// By node: what no later one reads.
  std::vector<std::vector<int>> done_after;
  std::vector<bool> live;  // by node: reaches the output
  std::vector<int> block;  // by node: the macro block it belongs to
  graph::Fusion fusion;
};

std::vector<bool> live_nodes(const graph::Graph& graph) {
  std::vector<bool> live(graph.nodes().size(), false);
  live[graph::at_index(graph.output())] = true;
  for (std::size_t i = graph.nodes().size(); i-- > 0;) {
    if (!live[i]) continue;
    for (const int input : graph.inputs(graph.nodes()[i])) {
      live[graph::at_index(input)] = true;
    }
  }
  return live;
}

/// A node belongs to the first block whose output depends on it, or to the one
/// after what it reads where no block's output does.
std::vector<int> block_numbers(const graph::Graph& graph) {
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
      if (number[graph::at_index(node)] != kNone) continue;
      number[graph::at_index(node)] = static_cast<int>(b);
      for (const int input :
           graph.inputs(graph.nodes()[graph::at_index(node)])) {
        pending.push_back(input);
      }
    }
  }
  std::vector<bool> ends(graph.nodes().size(), false);
  for (const int block : blocks) {
    if (block >= 0) ends[graph::at_index(block)] = true;
  }
  for (std::size_t i = 0; i < number.size(); ++i) {
    if (number[i] != kNone) continue;
    number[i] = 0;
    for (const int input : graph.inputs(graph.nodes()[i])) {
      const int after = number[graph::at_index(input)] +
                        (ends[graph::at_index(input)] ? 1 : 0);
      number[i] = std::max(number[i], after);
    }
  }
  return number;
}

LayerKind layer_kind(graph::Op op) {
  switch (op) {
    case graph::Op::conv2d:
      return LayerKind::conv;
    case graph::Op::linear:
      return LayerKind::linear;
    case graph::Op::batch_norm:
      return LayerKind::batch_norm;
    case graph::Op::relu:
      return LayerKind::relu;
    case graph::Op::avg_pool:
    case graph::Op::max_pool:
    case graph::Op::global_avg_pool:
      return LayerKind::pool;
    case graph::Op::add:
      return LayerKind::sum;
    case graph::Op::leaky_relu:
      return LayerKind::smooth_activation;
    case graph::Op::tanh:
    case graph::Op::sigmoid:
      return LayerKind::bounded_activation;
    default:
      return LayerKind::other;
  }
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
    Walk walk(x, batch_norm, recording, plan_->graph.nodes().size());
    const bool fused = batch_norm == BatchNormMode::batch_statistics &&
                       !walk.records_all() && kernels::sums_batch_norms(x);
    const at::Tensor output = fused ? run_fused(walk) : run_all(walk);
    if (walk.records_variances()) record_variances(walk);
    const graph::Op last =
        plan_->graph.nodes()[graph::at_index(plan_->graph.output())].op;
    // A linear layer leaves its features on the last axis.
    return last == graph::Op::linear && output.dim() == 4
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
  /// One forward pass.
  struct Walk {
    const at::Tensor& x;
    BatchNormMode batch_norm;
    Recording* recording;            ///< null: nothing is recorded
    std::vector<at::Tensor> values;  ///< by node, while a later one reads it
    std::vector<kernels::BatchMoments>
        moments;  ///< by node, where they are wanted

    Walk(
        const at::Tensor& input,
        BatchNormMode mode,
        Recording* record,
        std::size_t nodes)
        : x(input),
          batch_norm(mode),
          recording(record),
          values(nodes),
          moments(nodes) {}

    bool records_all() const {
      return recording != nullptr && recording->scope.everything;
    }
    bool records_variances() const {
      return recording != nullptr && recording->scope.names_variances();
    }
  };

  /// Node by node.
  at::Tensor run_all(Walk& walk) const {
    const graph::Graph& graph = plan_->graph;
    auto& values = walk.values;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const at::Tensor own = own_input(i, walk);
      values[i] = run(i, own, walk);
      record(i, own, walk);
      // Blocks are collected at the end.
      if (walk.records_all()) continue;
      for (const int k : plan_->done_after[i])
        values[graph::at_index(k)] = at::Tensor();
    }
    if (walk.records_all()) {
      for (const int block : graph.blocks()) {
        const bool zero =
            block < 0 ||
            graph.nodes()[graph::at_index(block)].op == graph::Op::zero;
        walk.recording->blocks.push_back(
            zero ? at::Tensor() : values[graph::at_index(block)]);
      }
    }
    return values[graph::at_index(graph.output())];
  }

  /// Sums of BatchNorms at one go.
  at::Tensor run_fused(Walk& walk) const {
    const graph::Graph& graph = plan_->graph;
    const graph::Fusion& fusion = plan_->fusion;
    auto& values = walk.values;
    std::vector<std::vector<at::Tensor>> copies(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (fusion.deferred[i]) continue;
      at::Tensor own;
      if (fusion.sums[i]) {
        copies[i] = run_sum(*fusion.sums[i], walk);
        values[i] = copies[i][0];
      } else {
        take_copy(i, copies, values);
        own = own_input(i, walk);
        values[i] = run(i, own, walk);
      }
      record(i, own, walk);
      for (const int k : fusion.done_after[i]) {
        values[graph::at_index(k)] = at::Tensor();
        copies[graph::at_index(k)].clear();
      }
    }
    return values[graph::at_index(graph.output())];
  }

  /// Of several copies of what node i reads, its own becomes the value.
  void take_copy(
      std::size_t i,
      const std::vector<std::vector<at::Tensor>>& copies,
      std::vector<at::Tensor>& values) const {
    const graph::Node& node = plan_->graph.nodes()[i];
    if (node.input_count == 0) return;
    const auto input = graph::at_index(plan_->graph.inputs(node)[0]);
    if (copies[input].size() < 2) return;
    values[input] =
        copies[input][graph::at_index(plan_->fusion.copy_of_input[i])];
  }

  std::vector<at::Tensor> run_sum(const graph::FusedSum& sum, Walk& walk)
      const {
    const graph::Graph& graph = plan_->graph;
    std::vector<kernels::SumTerm> terms(sum.terms.size());
    for (std::size_t k = 0; k < terms.size(); ++k) {
      const auto i = graph::at_index(sum.terms[k]);
      terms[k].x = walk.values[i];
      if (!plan_->fusion.deferred[i]) continue;
      const graph::Node& node = graph.nodes()[i];
      terms[k] = {
          walk.values[graph::at_index(graph.inputs(node)[0])],
          true,
          optional_parameter(plan_->slots[i].weight),
          optional_parameter(plan_->slots[i].bias),
          node.attributes.epsilon,
          wanted_moments(i, walk)};
    }
    auto found = kernels::sum_of_batch_norms(terms, {sum.relu, sum.copies});
    for (std::size_t k = 0; k < terms.size(); ++k) {
      if (terms[k].normalised)
        keep_running(graph::at_index(sum.terms[k]), walk);
    }
    return found;
  }

  const at::Tensor& parameter(int slot) const {
    return parameters_[graph::at_index(slot)].value;
  }

  /// The value is an undefined tensor where there is no such parameter.
  at::Tensor optional_parameter(int slot) const {
    return slot < 0 ? at::Tensor() : parameter(slot);
  }

  /// What node i reads first; for a layer under observation an alias, whose
  /// gradient then is that of this reader alone.
  at::Tensor own_input(std::size_t i, const Walk& walk) const {
    const graph::Node& node = plan_->graph.nodes()[i];
    if (node.input_count == 0) return {};
    const at::Tensor& first =
        walk.values[graph::at_index(plan_->graph.inputs(node)[0])];
    if (node.op == graph::Op::linear) {
      const bool map = node.shape.height > 1 || node.shape.width > 1;
      return map ? first.permute({0, 2, 3, 1}) : first.flatten(1);
    }
    if (node.op != graph::Op::conv2d) return first;
    // Squeeze and excitation convolves the averages.
    if (first.dim() == 2) return first.unsqueeze(2).unsqueeze(3);
    return walk.records_all() ? at::alias(first) : first;
  }

  at::Tensor run(std::size_t i, const at::Tensor& own, Walk& walk) const {
    const graph::Graph& graph = plan_->graph;
    const at::Tensor& x = walk.x;
    const auto& values = walk.values;
    const graph::Node& node = graph.nodes()[i];
    const auto inputs = graph.inputs(node);
    const graph::Attributes& a = node.attributes;
    const auto in = [&](std::size_t k) -> const at::Tensor& {
      return k == 0 ? own : values[graph::at_index(inputs[k])];
    };
    switch (node.op) {
      case graph::Op::input:
        return x.contiguous(kLayout);
      case graph::Op::zero:
        return at::zeros(
            {x.size(0),
             node.shape.channels,
             node.shape.height,
             node.shape.width},
            x.options());
      case graph::Op::conv2d:
        return kernels::convolution(
            in(0),
            parameter(plan_->slots[i].weight),
            optional_parameter(plan_->slots[i].bias),
            {a.stride, a.padding, a.dilation, a.groups});
      case graph::Op::batch_norm:
        return normalise(i, in(0), walk);
      case graph::Op::relu:
        return at::relu(in(0));
      case graph::Op::avg_pool:
        return kernels::average_pool(in(0), {a.kernel, a.stride, a.padding});
      case graph::Op::max_pool:
        return at::max_pool2d(in(0), a.kernel, a.stride, a.padding);
      case graph::Op::global_avg_pool:
        return in(0).mean({2, 3});
      case graph::Op::linear:
        return at::linear(
            in(0),
            parameter(plan_->slots[i].weight),
            parameter(plan_->slots[i].bias));
      case graph::Op::add: {
        at::Tensor sum = in(0) + in(1);
        for (std::size_t k = 2; k < inputs.size(); ++k) sum = sum + in(k);
        return sum;
      }
      case graph::Op::concat: {
        std::vector<at::Tensor> parts;
        for (const int input : inputs)
          parts.push_back(values[graph::at_index(input)]);
        return at::cat(parts, 1);
      }
      case graph::Op::slice:
        // A tensor of its own, so that no observer takes it for its source.
        return in(0)
            .slice(1, a.offset, a.offset + node.shape.channels)
            .clone(kMemoryFormat);
      case graph::Op::shift:
        return at::constant_pad_nd(
            in(0).slice(2, 1).slice(3, 1), {0, 1, 0, 1}, 0);
      case graph::Op::conv_transpose2d:
        return at::conv_transpose2d(
            in(0),
            parameter(plan_->slots[i].weight),
            optional_parameter(plan_->slots[i].bias),
            a.stride,
            a.padding,
            a.output_padding);
      case graph::Op::leaky_relu:
        return at::leaky_relu(in(0), kLeakySlope);
      case graph::Op::tanh:
        return at::tanh(in(0));
      case graph::Op::sigmoid:
        return at::sigmoid(in(0));
      case graph::Op::multiply:
        return in(0) * in(1);
    }
    throw std::logic_error("an operation that GraphNetwork does not know");
  }

  at::Tensor normalise(std::size_t i, const at::Tensor& x, Walk& walk) const {
    const BatchNormMode mode = walk.batch_norm;
    if (mode == BatchNormMode::bypass) return x;
    const double epsilon = plan_->graph.nodes()[i].attributes.epsilon;
    const at::Tensor scale = optional_parameter(plan_->slots[i].weight);
    const at::Tensor shift = optional_parameter(plan_->slots[i].bias);
    if (mode == BatchNormMode::sample_statistics) {
      return at::instance_norm(
          x, scale, shift, {}, {}, true, kBatchNormMomentum, epsilon, false);
    }
    if (mode == BatchNormMode::batch_statistics) {
      const at::Tensor y = kernels::batch_norm_of_batch(
          x, scale, shift, epsilon, wanted_moments(i, walk));
      keep_running(i, walk);
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

  /// Where those of BatchNorm node i go, null where nobody wants them.
  kernels::BatchMoments* wanted_moments(std::size_t i, Walk& walk) const {
    const bool wanted = running_ != nullptr || walk.records_variances();
    return wanted ? &walk.moments[i] : nullptr;
  }

  /// Moves the running statistics of BatchNorm node i towards the batch's.
  void keep_running(std::size_t i, const Walk& walk) const {
    if (running_ == nullptr) return;
    const auto move =
        [](at::Tensor& running, const at::Tensor& batch, double from) {
          if (!running.defined()) {
            running = at::full(batch.sizes(), from, at::kFloat);
          }
          running.lerp_(batch.to(at::kFloat), kBatchNormMomentum);
        };
    const at::NoGradGuard no_grad;
    move(running_->means[i], walk.moments[i].mean, 0);
    move(running_->variances[i], walk.moments[i].variance, 1);
  }

  /// Node i has just run on `own`.
  void record(std::size_t i, const at::Tensor& own, Walk& walk) const {
    const graph::Op op = plan_->graph.nodes()[i].op;
    if (walk.recording == nullptr || op == graph::Op::input) return;
    const LayerKind kind = layer_kind(op);
    const RecordingScope& scope = walk.recording->scope;
    const bool later = kind == LayerKind::batch_norm && !scope.everything;
    if (later || !scope.names(kind)) return;
    record_call(i, scope.names_input(kind) ? own : at::Tensor(), walk);
  }

  /// In the order of the nodes, whatever the order was in which sums ran them.
  void record_variances(Walk& walk) const {
    for (std::size_t i = 0; i < walk.moments.size(); ++i) {
      if (!walk.moments[i].variance.defined()) continue;
      record_call(i, {}, walk);
      walk.recording->calls.back().batch_variance =
          kernels::recorded_variance(walk.moments[i]);
    }
  }

  void record_call(std::size_t i, const at::Tensor& own, Walk& walk) const {
    const graph::Node& node = plan_->graph.nodes()[i];
    const graph::Attributes& a = node.attributes;
    LayerCall call;
    call.kind = layer_kind(node.op);
    call.input = own;
    call.output = walk.values[i];
    if (node.op == graph::Op::conv2d) {
      call.own_input = own.defined();
      call.window = {
          {a.stride, a.stride},
          {a.padding, a.padding},
          {a.dilation, a.dilation},
          a.groups};
    }
    if (node.op == graph::Op::batch_norm) {
      call.scale = plan_->slots[i].weight;
    } else if (node.op != graph::Op::conv_transpose2d) {
      // The authors' codes look for nn.Conv2d and nn.Linear.
      call.weight = plan_->slots[i].weight;
    }
    call.uses = node.uses;
    call.calls = node.calls;
    call.merged = node.merged;
    call.live = plan_->live[i];
    call.block = plan_->block[i];
    walk.recording->calls.push_back(std::move(call));
  }

  std::shared_ptr<const Plan> plan_;
  std::shared_ptr<RunningStatistics> running_;
};

/// Supplies the tensor of one parameter.
using Source = std::function<at::Tensor(
    const graph::Node& node,
    ParameterKind kind,
    at::IntArrayRef sizes)>;

std::unique_ptr<Network> assemble(
    const graph::Graph& graph,
    const Source& source,
    const at::TensorOptions& options,
    std::shared_ptr<RunningStatistics> running = nullptr) {
  auto plan = std::make_shared<Plan>();
  plan->graph = graph;
  plan->slots.resize(graph.nodes().size());
  plan->done_after = graph::done_after_each(graph, [&](int i) {
    return graph.inputs(graph.nodes()[graph::at_index(i)]);
  });
  plan->live = live_nodes(graph);
  plan->block = block_numbers(graph);
  plan->fusion = graph::fuse(graph);
  std::vector<Parameter> parameters;
  const auto add = [&](const graph::Node& node,
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
    const graph::Node& node = graph.nodes()[i];
    const graph::Attributes& a = node.attributes;
    Slots& slots = plan->slots[i];
    if (node.layer >= 0) slots = of_layer[graph::at_index(node.layer)];
    if (slots.weight >= 0) continue;  // a layer that runs again
    const int in = node.input_count == 0
                       ? 0
                       : graph.nodes()[graph::at_index(graph.inputs(node)[0])]
                             .shape.channels;
    if (node.op == graph::Op::conv2d) {
      slots.weight =
          add(node,
              ParameterKind::conv_weight,
              ".weight",
              {a.out_channels, in / a.groups, a.kernel, a.kernel});
      if (a.bias) {
        slots.bias = add(node, ParameterKind::bias, ".bias", {a.out_channels});
      }
    } else if (node.op == graph::Op::conv_transpose2d) {
      slots.weight =
          add(node,
              ParameterKind::transposed_weight,
              ".weight",
              {in, a.out_channels, a.kernel, a.kernel});
      if (a.bias) {
        slots.bias = add(node, ParameterKind::bias, ".bias", {a.out_channels});
      }
    } else if (node.op == graph::Op::linear) {
      slots.weight = add(
          node, ParameterKind::linear_weight, ".weight", {a.out_channels, in});
      slots.bias = add(node, ParameterKind::bias, ".bias", {a.out_channels});
    } else if (node.op == graph::Op::batch_norm && a.affine) {
      slots.weight = add(node, ParameterKind::norm_scale, ".weight", {in});
      slots.bias = add(node, ParameterKind::norm_shift, ".bias", {in});
    }
    if (node.layer >= 0) of_layer[graph::at_index(node.layer)] = slots;
  }
  return std::make_unique<GraphNetwork>(
      std::move(plan), std::move(parameters), std::move(running));
}

initialisers::Fans fans_of(const graph::Graph& graph, const graph::Node& node) {
  const graph::Layer& layer = graph.layers()[graph::at_index(node.layer)];
  const graph::Attributes& a = layer.attributes;
  const bool convolution =
      layer.op == graph::Op::conv2d || layer.op == graph::Op::conv_transpose2d;
  const std::int64_t window =
      convolution ? std::int64_t{a.kernel} * a.kernel : 1;
  // PyTorch reads the fans off the weight, which is [in, out, k, k] here.
  if (layer.op == graph::Op::conv_transpose2d) {
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
Source drawn_by(
    const graph::Graph& graph,
    initialisers::Initialiser initialiser,
    std::uint64_t seed) {
  return
      [&graph, initialiser, seed](
          const graph::Node& node, ParameterKind kind, at::IntArrayRef sizes) {
        at::Tensor value = at::empty(sizes, at::kFloat);
        switch (kind) {
          case ParameterKind::norm_scale:
            return value.fill_(1.0);
          case ParameterKind::norm_shift:
            return value.fill_(0.0);
          case ParameterKind::bias:
            initialisers::draw_bias(
                initialiser,
                fans_of(graph, node),
                derive_seed(seed, "bias", node.identity),
                floats(value));
            return value;
          default:
            initialisers::draw_weight(
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
    const graph::Graph& graph,
    initialisers::Initialiser initialiser,
    std::uint64_t seed,
    const at::TensorOptions& options) {
  return assemble(graph, drawn_by(graph, initialiser, seed), options);
}

std::unique_ptr<Network> make_trained_network(
    const graph::Graph& graph,
    initialisers::Initialiser initialiser,
    std::uint64_t seed,
    const at::TensorOptions& options) {
  auto running = std::make_shared<RunningStatistics>();
  running->means.resize(graph.nodes().size());
  running->variances.resize(graph.nodes().size());
  return assemble(
      graph, drawn_by(graph, initialiser, seed), options, std::move(running));
}

std::unique_ptr<Network> make_graph_network(
    const graph::Graph& graph,
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
  for (const graph::Layer& layer : graph.layers()) {
    offsets.push_back(offset);
    offset += static_cast<std::size_t>(layer.params);
  }
  const Source read = [&](const graph::Node& node,
                          ParameterKind kind,
                          at::IntArrayRef sizes) {
    at::Tensor value = at::empty(sizes, at::kFloat);
    std::size_t begin = offsets[graph::at_index(node.layer)];
    if (kind == ParameterKind::bias || kind == ParameterKind::norm_shift) {
      const graph::Layer& layer = graph.layers()[graph::at_index(node.layer)];
      begin += static_cast<std::size_t>(layer.params - value.numel());
    }
    const auto part =
        values.subspan(begin, static_cast<std::size_t>(value.numel()));
    std::copy(part.begin(), part.end(), value.data_ptr<float>());
    return value;
  };
  return assemble(graph, read, options);
}

}  // namespace zcp::networks
