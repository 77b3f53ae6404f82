#include "nets/networks/graph_run.h"

#include <stdexcept>
#include <utility>

#include "nets/kernels/average_pool.h"
#include "nets/kernels/convolution.h"
#include "nets/networks/graph_parameters.h"

namespace zcp::networks {
namespace {

constexpr double kUnusedMomentum = 0.1;  // LibTorch keeps no statistics here

class GraphPass {
 public:
  GraphPass(
      const GraphPlan& plan,
      const std::vector<Parameter>& parameters,
      const at::Tensor& x,
      const GraphRunOptions& options)
      : plan_(plan),
        graph_(plan.graph),
        parameters_(parameters),
        x_(x),
        options_(options),
        fusion_(x.device().is_cpu() ? plan.fusion : plan.device_fusion),
        values_(plan.graph.nodes().size()),
        moments_(plan.graph.nodes().size()) {}

  at::Tensor run() {
    const bool fused = (options_.mode == BatchNormMode::batch_statistics ||
                        (bypassed() && !x_.device().is_cpu())) &&
                       !records_all() && kernels::sums_batch_norms(x_);
    const at::Tensor output = fused ? run_fused() : run_all();
    if (records_variances()) record_variances();
    if (options_.moments != nullptr) *options_.moments = std::move(moments_);
    const graph::Op last = graph_.nodes()[graph::at_index(graph_.output())].op;
    // A linear layer leaves its features on the last axis.
    return last == graph::Op::linear && output.dim() == 4
               ? output.permute({0, 3, 1, 2})
               : output;
  }

 private:
  bool records_all() const {
    return options_.recording != nullptr &&
           options_.recording->scope.everything;
  }
  bool bypassed() const { return options_.mode == BatchNormMode::bypass; }
  bool records_variances() const {
    return options_.recording != nullptr &&
           options_.recording->scope.records_variances();
  }

  /// Node by node.
  at::Tensor run_all() {
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const at::Tensor first = first_input(i);
      values_[i] = run_node(i, first);
      record(i, first);
      // Blocks are collected at the end.
      if (records_all()) continue;
      for (const int k : plan_.done_after[i]) {
        values_[graph::at_index(k)] = at::Tensor();
      }
    }
    if (records_all()) record_blocks();
    return values_[graph::at_index(graph_.output())];
  }

  /// By node: the copies of its value.
  using Copies = std::vector<std::vector<at::Tensor>>;

  /// The same with each sum of BatchNorms in one pass over memory.
  at::Tensor run_fused() {
    Copies copies(values_.size());
    for (std::size_t i = 0; i < values_.size(); ++i) {
      if (fusion_.deferred[i]) continue;
      at::Tensor first;
      if (fusion_.sums[i]) {
        take_sum(i, run_sum(*fusion_.sums[i]), copies);
      } else if (!fusion_.rectified[i]) {
        take_copy(i, copies);
        first = first_input(i);
        values_[i] = run_node(i, first);
      }
      record(i, first);
      for (const int k : fusion_.done_after[i]) {
        values_[graph::at_index(k)] = at::Tensor();
        copies[graph::at_index(k)].clear();
      }
    }
    return values_[graph::at_index(graph_.output())];
  }

  /// The values of fused sum i, and of the ReLU that it makes beside it.
  void take_sum(std::size_t i, std::vector<at::Tensor> made, Copies& copies) {
    const graph::FusedSum& sum = *fusion_.sums[i];
    if (sum.rectified >= 0) {
      const auto relu = graph::at_index(sum.rectified);
      copies[relu].assign(made.begin() + sum.copies, made.end());
      values_[relu] = copies[relu][0];
      made.resize(static_cast<std::size_t>(sum.copies));
    }
    values_[i] = made[0];
    copies[i] = std::move(made);
  }

  /// Where what node i reads has a copy for each reader, the copy for node i
  /// becomes the value that it reads.
  void take_copy(std::size_t i, const Copies& copies) {
    const graph::Node& node = graph_.nodes()[i];
    if (node.input_count == 0) return;
    const auto input = graph::at_index(graph_.inputs(node)[0]);
    if (copies[input].size() < 2) return;
    values_[input] = copies[input][graph::at_index(fusion_.copy_of_input[i])];
  }

  std::vector<at::Tensor> run_sum(const graph::FusedSum& sum) {
    std::vector<kernels::SumTerm> terms(sum.terms.size());
    for (std::size_t k = 0; k < terms.size(); ++k) {
      const auto i = graph::at_index(sum.terms[k]);
      terms[k].x = values_[i];
      if (!fusion_.deferred[i]) continue;
      const graph::Node& node = graph_.nodes()[i];
      terms[k].x = values_[graph::at_index(graph_.inputs(node)[0])];
      if (bypassed()) continue;
      terms[k] = {
          terms[k].x,
          true,
          optional_parameter(plan_.slots[i].weight),
          optional_parameter(plan_.slots[i].bias),
          node.attributes.epsilon,
          wanted_moments(i)};
    }
    if (bypassed() && terms.size() == 1 && !sum.relu && sum.rectified < 0) {
      return std::vector<at::Tensor>(
          static_cast<std::size_t>(sum.copies), terms[0].x);
    }
    return kernels::sum_of_batch_norms(
        terms, {sum.relu, sum.copies, sum.rectified_copies});
  }

  const at::Tensor& parameter(int slot) const {
    return parameters_[graph::at_index(slot)].value;
  }

  /// An undefined tensor where there is no such parameter.
  at::Tensor optional_parameter(int slot) const {
    return slot < 0 ? at::Tensor() : parameter(slot);
  }

  /// A vector [N, C] as a map of one pixel; a map as it is.
  static at::Tensor as_map(const at::Tensor& x) {
    return x.dim() == 2 ? x.unsqueeze(2).unsqueeze(3) : x;
  }

  /// What node i reads first, in the shape in which it takes it. For a
  /// convolution under observation an alias, at which only this reader's
  /// gradient arrives.
  at::Tensor first_input(std::size_t i) const {
    const graph::Node& node = graph_.nodes()[i];
    if (node.input_count == 0) return {};
    const at::Tensor& first = values_[graph::at_index(graph_.inputs(node)[0])];
    if (node.op == graph::Op::linear) {
      const bool map = node.shape.height > 1 || node.shape.width > 1;
      return map ? first.permute({0, 2, 3, 1}) : first.flatten(1);
    }
    if (node.op != graph::Op::conv2d) return first;
    // Squeeze and excitation convolves the averages.
    if (first.dim() == 2) return as_map(first);
    return records_all() ? at::alias(first) : first;
  }

  /// `first` is what the node reads first.
  at::Tensor run_node(std::size_t i, const at::Tensor& first) {
    const graph::Node& node = graph_.nodes()[i];
    const auto inputs = graph_.inputs(node);
    const Window& window = node.attributes.window;
    switch (node.op) {
      case graph::Op::input:
        return x_.contiguous(graph_layout(x_.device()));
      case graph::Op::zero:
        return zeros_of(node.shape);
      case graph::Op::conv2d:
      case graph::Op::linear:
      case graph::Op::conv_transpose2d:
        return run_weighted(i, first);
      case graph::Op::batch_norm:
        return normalise(i, first);
      case graph::Op::relu:
        return at::relu(first);
      case graph::Op::avg_pool:
        return kernels::average_pool(first, window);
      case graph::Op::max_pool:
        return at::max_pool2d(
            first, window.kernel, window.stride, window.padding);
      case graph::Op::global_avg_pool:
        return first.mean({2, 3});
      case graph::Op::add:
        return sum_of(first, inputs);
      case graph::Op::concat:
        return joined_channels(inputs);
      case graph::Op::slice:
        return slice_of(node, first);
      case graph::Op::shift:
        return at::constant_pad_nd(
            first.slice(2, 1).slice(3, 1), {0, 1, 0, 1}, 0);
      case graph::Op::leaky_relu:
        return at::leaky_relu(first, kLeakySlope);
      case graph::Op::tanh:
        return at::tanh(first);
      case graph::Op::sigmoid:
        return at::sigmoid(first);
      case graph::Op::multiply:
        return first * as_map(values_[graph::at_index(inputs[1])]);
      case graph::Op::layer_norm:
      case graph::Op::gelu:
      case graph::Op::attention:
      case graph::Op::embedding:
      case graph::Op::token_mix:
      case graph::Op::rearrange:
        break;  // their graphs say that they cannot be run
    }
    throw std::logic_error("an operation that graphs do not run");
  }

  at::Tensor run_weighted(std::size_t i, const at::Tensor& x) const {
    const graph::Node& node = graph_.nodes()[i];
    const graph::Attributes& a = node.attributes;
    const at::Tensor& weight = parameter(plan_.slots[i].weight);
    const at::Tensor bias = optional_parameter(plan_.slots[i].bias);
    if (node.op == graph::Op::conv2d) {
      return kernels::convolution(x, weight, bias, a.window, a.groups);
    }
    if (node.op == graph::Op::linear) return at::linear(x, weight, bias);
    return at::conv_transpose2d(
        x, weight, bias, a.window.stride, a.window.padding, a.output_padding);
  }

  at::Tensor zeros_of(const Shape& shape) const {
    return at::zeros(
        {x_.size(0), shape.channels, shape.height, shape.width}, x_.options());
  }

  /// A tensor of its own, so that no observer takes it for its source.
  static at::Tensor slice_of(const graph::Node& node, const at::Tensor& x) {
    const int begin = node.attributes.offset;
    return x.slice(1, begin, begin + node.shape.channels).clone(kMemoryFormat);
  }

  at::Tensor sum_of(const at::Tensor& first, std::span<const int> inputs)
      const {
    at::Tensor sum = first + values_[graph::at_index(inputs[1])];
    for (const int input : inputs.subspan(2)) {
      sum = sum + values_[graph::at_index(input)];
    }
    return sum;
  }

  at::Tensor joined_channels(std::span<const int> inputs) const {
    std::vector<at::Tensor> parts;
    for (const int input : inputs) {
      parts.push_back(values_[graph::at_index(input)]);
    }
    return at::cat(parts, 1);
  }

  at::Tensor normalise(std::size_t i, const at::Tensor& x) {
    const BatchNormMode mode = options_.mode;
    if (mode == BatchNormMode::bypass) return x;
    const double epsilon = graph_.nodes()[i].attributes.epsilon;
    const at::Tensor scale = optional_parameter(plan_.slots[i].weight);
    const at::Tensor shift = optional_parameter(plan_.slots[i].bias);
    if (mode == BatchNormMode::sample_statistics) {
      return at::instance_norm(
          x, scale, shift, {}, {}, true, kUnusedMomentum, epsilon, false);
    }
    if (mode == BatchNormMode::batch_statistics) {
      return kernels::batch_norm_of_batch(
          x, scale, shift, epsilon, wanted_moments(i));
    }
    const NormStatistics* given = options_.statistics;
    const bool fresh = given == nullptr || !given->means[i].defined();
    return kernels::batch_norm_of_statistics(
        x,
        scale,
        shift,
        fresh ? at::zeros({x.size(1)}, x.options()) : given->means[i],
        fresh ? at::ones({x.size(1)}, x.options()) : given->variances[i],
        epsilon);
  }

  /// Where the moments of BatchNorm node i go, null where nobody wants them.
  kernels::BatchMoments* wanted_moments(std::size_t i) {
    const bool wanted = options_.moments != nullptr || records_variances();
    return wanted ? &moments_[i] : nullptr;
  }

  /// Node i has just run; `first` is what it read first.
  void record(std::size_t i, const at::Tensor& first) const {
    const graph::Op op = graph_.nodes()[i].op;
    if (options_.recording == nullptr || op == graph::Op::input) return;
    const LayerKind kind = layer_kind(op);
    const RecordingScope& scope = options_.recording->scope;
    const bool later = kind == LayerKind::batch_norm && !scope.everything;
    if (later || !scope.records(kind)) return;
    record_call(i, scope.records_input(kind) ? first : at::Tensor());
  }

  /// BatchNorms in the order of the nodes, whatever the order was in which sums
  /// ran them.
  void record_variances() const {
    for (std::size_t i = 0; i < moments_.size(); ++i) {
      if (!moments_[i].variance.defined()) continue;
      record_call(i, {});
      options_.recording->calls.back().batch_variance =
          kernels::recorded_variance(moments_[i]);
    }
  }

  void record_blocks() const {
    for (const int block : graph_.blocks()) {
      const bool zero =
          block < 0 ||
          graph_.nodes()[graph::at_index(block)].op == graph::Op::zero;
      options_.recording->blocks.push_back(
          zero ? at::Tensor() : values_[graph::at_index(block)]);
    }
  }

  void record_call(std::size_t i, const at::Tensor& input) const {
    const graph::Node& node = graph_.nodes()[i];
    LayerCall call;
    call.kind = layer_kind(node.op);
    call.input = input;
    call.output = values_[i];
    if (node.op == graph::Op::conv2d) {
      call.own_input = input.defined();
      call.windows = {node.attributes.window, node.attributes.window};
      call.groups = node.attributes.groups;
    }
    if (node.op == graph::Op::batch_norm) {
      call.scale = plan_.slots[i].weight;
    } else if (node.op != graph::Op::conv_transpose2d) {
      // The authors' codes look for nn.Conv2d and nn.Linear.
      call.weight = plan_.slots[i].weight;
    }
    call.uses = node.uses;
    call.calls = node.calls;
    call.merged = node.merged;
    call.live = plan_.live[i];
    call.block = plan_.block[i];
    options_.recording->calls.push_back(std::move(call));
  }

  const GraphPlan& plan_;
  const graph::Graph& graph_;
  const std::vector<Parameter>& parameters_;
  const at::Tensor& x_;
  const GraphRunOptions& options_;
  const graph::Fusion& fusion_;
  std::vector<at::Tensor> values_;  // by node, while a later one reads it
  std::vector<kernels::BatchMoments> moments_;  // by node, where wanted
};

}  // namespace

at::Tensor run_graph(
    const GraphPlan& plan,
    const std::vector<Parameter>& parameters,
    const at::Tensor& x,
    const GraphRunOptions& options) {
  return GraphPass(plan, parameters, x, options).run();
}

}  // namespace zcp::networks
