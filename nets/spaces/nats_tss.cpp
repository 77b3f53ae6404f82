// Structure and counts: NATS-Bench, https://arxiv.org/abs/2009.00437;
// AutoDL-Projects, xautodl/models/cell_infers/tiny_network.py and
// cell_operations.py.
#include "nets/spaces/nats_tss.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "common/error.h"
#include "common/random.h"
#include "nets/spaces/all.h"

namespace zcp::nets {
namespace {

using Value = GraphBuilder::Value;

constexpr std::array<std::string_view, 5> kOpNames{
    "none",
    "skip_connect",
    "nor_conv_1x1",
    "nor_conv_3x3",
    "avg_pool_3x3"};
constexpr std::int64_t kSize = 15625;  // 5^6

std::optional<CellOp> find_op(std::string_view name) {
  const auto found = std::ranges::find(kOpNames, name);
  if (found == kOpNames.end()) return std::nullopt;
  return static_cast<CellOp>(found - kOpNames.begin());
}

/// Takes the next part of a spec, up to `end`, off its front.
std::string_view take(std::string_view& rest, char end) {
  const std::size_t length = std::min(rest.find(end), rest.size());
  const std::string_view part = rest.substr(0, length);
  rest.remove_prefix(std::min(length + 1, rest.size()));
  return part;
}

CellOp
parse_edge(std::string_view part, int source, std::string_view whole_spec) {
  std::string_view rest = part;
  const std::string_view name = take(rest, '~');
  const std::optional<CellOp> op = find_op(name);
  if (!op) {
    throw UserError(
        "spec {}: unknown operation '{}', expected none, skip_connect, "
        "nor_conv_1x1, nor_conv_3x3 or avg_pool_3x3",
        whole_spec,
        name);
  }
  if (rest != std::to_string(source)) {
    throw UserError(
        "spec {}: found '{}', expected '{}~{}'",
        whole_spec,
        part,
        name,
        source);
  }
  return *op;
}

Value conv(GraphBuilder& graph, Value x, int out, int kernel, int stride) {
  Attributes a;
  a.out_channels = out;
  a.kernel = kernel;
  a.stride = stride;
  a.padding = kernel / 2;
  return graph.conv2d(x, a);
}

Value relu_conv_bn(
    GraphBuilder& graph,
    Value x,
    int out,
    int kernel,
    int stride,
    bool affine = true) {
  // AutoDL's ReLUConvBN has a ReLU inside: two class names with "ReLU".
  const Value active = graph.relu(x, 2);
  const Value y =
      graph.batch_norm(conv(graph, active, out, kernel, stride), affine);
  graph.add_calls(y, 2);  // the Sequential and the ReLUConvBN around it
  return y;
}

Value apply(GraphBuilder& graph, CellOp op, Value x, bool affine) {
  const int channels = graph.shape(x).channels;
  switch (op) {
    case CellOp::none:
      return graph.zero(graph.shape(x));
    case CellOp::skip_connect:
      graph.add_calls(x, 1);  // the Identity
      return x;
    case CellOp::nor_conv_1x1:
      return relu_conv_bn(graph, x, channels, 1, 1, affine);
    case CellOp::nor_conv_3x3:
      return relu_conv_bn(graph, x, channels, 3, 1, affine);
    case CellOp::avg_pool_3x3:
      break;
  }
  const Value pooled = graph.avg_pool(x, 3, 1, 1);
  graph.add_calls(pooled, 1);  // the POOLING around AvgPool2d
  return pooled;
}

Value add_cell(
    GraphBuilder& graph,
    const NatsCell& cell,
    Value x,
    bool affine) {
  std::array<Value, 4> nodes{x};
  std::size_t edge = 0;
  for (int target = 1; target < 4; ++target) {
    std::array<Value, 3> terms{};
    std::size_t count = 0;
    for (; edge < kCellEdges.size() && kCellEdges[edge].target == target;
         ++edge) {
      const Value source =
          nodes[static_cast<std::size_t>(kCellEdges[edge].source)];
      terms[count++] = apply(graph, cell.ops[edge], source, affine);
    }
    nodes[static_cast<std::size_t>(target)] =
        graph.add(std::span(terms).first(count));
  }
  graph.add_calls(nodes[3], 1);  // the InferCell
  return nodes[3];
}

/// ResNet basic block that halves the size and doubles the channels.
Value add_reduction(GraphBuilder& graph, Value x) {
  const int out = 2 * graph.shape(x).channels;
  const Value a = relu_conv_bn(graph, x, out, 3, 2);
  const Value b = relu_conv_bn(graph, a, out, 3, 1);
  const Value pooled = graph.avg_pool(x, 2, 2, 0);
  const Value shortcut = conv(graph, pooled, out, 1, 1);
  graph.add_calls(shortcut, 1);  // the Sequential of pool and convolution
  const Value sum = graph.add(std::array{b, shortcut});
  graph.add_calls(sum, 1);  // the ResNetBasicblock
  return sum;
}

class NatsTss final : public Space {
 public:
  const SpaceInfo& info() const override {
    static const SpaceInfo info{
        "nats-tss",
        "NATS-Bench topology space (NAS-Bench-201): cells of 6 edges x 5 ops",
        "|OP~0|+|OP~0|OP~1|+|OP~0|OP~1|OP~2| with OP one of none, "
        "skip_connect, nor_conv_1x1, nor_conv_3x3, avg_pool_3x3",
        "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|"
        "nor_conv_3x3~1|skip_connect~2|",
        "https://arxiv.org/abs/2009.00437",
        kSize,
        {"cifar10", "cifar100", "imagenet16-120"}};
    return info;
  }

  std::string spec(std::int64_t index) const override {
    NatsCell cell;
    for (std::size_t edge = cell.ops.size(); edge-- > 0;) {
      cell.ops[edge] = static_cast<CellOp>(index % 5);
      index /= 5;
    }
    return format_nats_cell(cell);
  }

  std::string normalise(std::string_view spec) const override {
    return format_nats_cell(parse_nats_cell(spec));
  }

  std::string mutate(std::string_view spec, std::uint64_t seed) const override {
    NatsCell cell = parse_nats_cell(spec);
    std::array<std::int64_t, 2> drawn{};
    fill_integers(std::span(drawn).first(1), std::ssize(cell.ops), seed);
    fill_integers(
        std::span(drawn).last(1),
        std::ssize(kOpNames) - 1,
        derive_seed(seed, "operation"));
    CellOp& op = cell.ops[static_cast<std::size_t>(drawn[0])];
    // One of the four other operations.
    op = static_cast<CellOp>(
        (static_cast<std::int64_t>(op) + 1 + drawn[1]) % std::ssize(kOpNames));
    return format_nats_cell(cell);
  }

  Graph build(
      std::string_view spec,
      Shape input,
      Output output,
      const Skeleton& skeleton,
      Folding folding) const override {
    if (output.head != Head::classes) {
      throw UserError(
          "nats-tss: its networks classify; expected a task of images with a "
          "class each");
    }
    const NatsCell cell = parse_nats_cell(spec);
    const int channels = skeleton.channels > 0 ? skeleton.channels : 16;
    const int cells =
        skeleton.cells_per_stage > 0 ? skeleton.cells_per_stage : 5;
    GraphBuilder graph(input, folding);
    Value x = graph.batch_norm(conv(graph, graph.input(), channels, 3, 1));
    graph.add_calls(x, 1);  // the Sequential of the stem
    graph.end_block(x);
    for (int stage = 0; stage < 3; ++stage) {
      if (stage > 0) {
        x = add_reduction(graph, x);
        graph.end_block(x);
      }
      for (int i = 0; i < cells; ++i) {
        x = add_cell(graph, cell, x, skeleton.affine);
        graph.end_block(x);
      }
    }
    x = graph.relu(graph.batch_norm(x));
    graph.add_calls(x, 1);  // the Sequential of the last activation
    const Value logits =
        graph.linear(graph.global_avg_pool(x), output.channels);
    graph.add_calls(logits, 1);  // the network itself
    return std::move(graph).finish(logits);
  }
};

}  // namespace

NatsCell parse_nats_cell(std::string_view spec) {
  NatsCell cell;
  std::string_view nodes = spec;
  std::size_t edge = 0;
  for (int target = 1; target < 4; ++target) {
    std::string_view node = take(nodes, '+');
    if (node.size() < 2 || node.front() != '|' || node.back() != '|') {
      throw UserError(
          "spec '{}': node {} is '{}', expected {} operation(s) between bars, "
          "like |none~0|+|none~0|none~1|+|none~0|none~1|none~2|",
          spec,
          target,
          node,
          target);
    }
    node.remove_prefix(1);
    for (int source = 0; source < target; ++source) {
      cell.ops[edge++] = parse_edge(take(node, '|'), source, spec);
    }
    if (!node.empty()) {
      throw UserError(
          "spec {}: node {} has '{}' after its {} operation(s)",
          spec,
          target,
          node,
          target);
    }
  }
  if (!nodes.empty()) {
    throw UserError("spec {}: found '{}' after the last node", spec, nodes);
  }
  return cell;
}

std::string format_nats_cell(const NatsCell& cell) {
  std::string spec;
  for (std::size_t edge = 0; edge < kCellEdges.size(); ++edge) {
    const bool first = kCellEdges[edge].source == 0;
    if (first) spec += spec.empty() ? "|" : "+|";
    spec += fmt::format(
        "{}~{}|",
        kOpNames[static_cast<std::size_t>(cell.ops[edge])],
        kCellEdges[edge].source);
  }
  return spec;
}

std::unique_ptr<const Space> make_nats_tss() {
  return std::make_unique<NatsTss>();
}

}  // namespace zcp::nets
