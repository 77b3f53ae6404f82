// Structure and counts: NATS-Bench, https://arxiv.org/abs/2009.00437;
// AutoDL-Projects, xautodl/models/cell_infers/tiny_network.py and
// cell_operations.py.
#include "nets/spaces/nats_tss.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "common/error.h"
#include "nets/spaces/all.h"
#include "nets/spaces/naslib_tuple.h"
#include "nets/spaces/nats_layers.h"
#include "nets/spaces/spec.h"

namespace zcp::spaces {
namespace {

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

CellOp
parse_edge(std::string_view part, int source, std::string_view whole_spec) {
  std::string_view rest = part;
  const std::string_view name = take_part(rest, '~');
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

/// NASLib's six operations, which are numbered otherwise than ours, at the
/// edges in the order of their sources; the spec has them in that of their
/// targets.
NatsCell parse_tuple(std::string_view spec) {
  constexpr std::array kNaslibOps{
      CellOp::skip_connect,
      CellOp::none,
      CellOp::nor_conv_3x3,
      CellOp::nor_conv_1x1,
      CellOp::avg_pool_3x3};
  constexpr std::array<std::size_t, 6> kSpecEdges{0, 1, 3, 2, 4, 5};
  constexpr std::string_view kExpected =
      "NASLib's six operations, numbers from 0 to 4";
  NatsCell cell;
  const std::vector<int> numbers =
      naslib_numbers(spec, cell.ops.size(), 4, kExpected);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    cell.ops[kSpecEdges[i]] = kNaslibOps[static_cast<std::size_t>(numbers[i])];
  }
  return cell;
}

class NatsTss final : public Space {
 public:
  const SpaceInfo& info() const override {
    static const SpaceInfo info{
        "nats-tss",
        "NATS-Bench topology space (NAS-Bench-201): cells of 6 edges x 5 ops",
        "|OP~0|+|OP~0|OP~1|+|OP~0|OP~1|OP~2| with OP one of none, "
        "skip_connect, nor_conv_1x1, nor_conv_3x3, avg_pool_3x3; or NASLib's "
        "tuple, (4, 0, 3, 1, 4, 3)",
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

  std::vector<int> choices() const override {
    return std::vector<int>(kCellEdges.size(), kOpNames.size());
  }

  std::vector<int> options_of(std::string_view spec) const override {
    std::vector<int> options;
    for (const CellOp op : parse_nats_cell(spec).ops) {
      options.push_back(static_cast<int>(op));
    }
    return options;
  }

  std::string mutate(std::string_view spec, std::uint64_t seed) const override {
    NatsCell cell = parse_nats_cell(spec);
    CellOp& op = cell.ops[static_cast<std::size_t>(
        draw_integer(std::ssize(cell.ops), seed))];
    // One of the four other operations.
    const std::int64_t step =
        1 + draw_integer(std::ssize(kOpNames) - 1, seed, "operation");
    op = static_cast<CellOp>(
        (static_cast<std::int64_t>(op) + step) % std::ssize(kOpNames));
    return format_nats_cell(cell);
  }

  graph::Graph build(
      std::string_view spec,
      Shape input,
      Output output,
      const Skeleton& skeleton,
      graph::Folding folding) const override {
    require_classes("nats-tss", output);
    const NatsCell cell = parse_nats_cell(spec);
    const int channels = skeleton.channels_or(16);
    const int cells = skeleton.cells_or(5);
    graph::GraphBuilder graph(input, folding);
    auto x = add_nats_stem(graph, channels);
    for (int stage = 0; stage < 3; ++stage) {
      const int width = channels << stage;
      if (stage > 0) x = add_nats_reduction(graph, x, width);
      for (int i = 0; i < cells; ++i) {
        x = add_nats_cell(graph, cell, x, width, skeleton.affine);
      }
    }
    const auto logits = add_nats_classifier(graph, x, output.channels);
    return std::move(graph).finish(logits);
  }
};

}  // namespace

NatsCell parse_nats_cell(std::string_view spec) {
  if (is_naslib_tuple(spec)) return parse_tuple(spec);
  const auto nodes = split_spec(spec, '+');
  NatsCell cell;
  std::size_t edge = 0;
  for (int target = 1; target < 4; ++target) {
    const auto place = static_cast<std::size_t>(target - 1);
    const std::string_view node = place < nodes.size() ? nodes[place] : "";
    const auto parts = split_spec(node, '|');
    // Before the first bar and behind the last one there is nothing.
    if (parts.size() < 3 || !parts.front().empty() || !parts.back().empty()) {
      throw UserError(
          "spec '{}': node {} is '{}', expected {} operation(s) between bars, "
          "like |none~0|+|none~0|none~1|+|none~0|none~1|none~2|",
          spec,
          target,
          node,
          target);
    }
    if (std::ssize(parts) != target + 2) {
      throw UserError(
          "spec '{}': node {} is '{}' with {} operation(s), expected {}",
          spec,
          target,
          node,
          parts.size() - 2,
          target);
    }
    for (int source = 0; source < target; ++source) {
      cell.ops[edge++] =
          parse_edge(parts[static_cast<std::size_t>(source) + 1], source, spec);
    }
  }
  if (nodes.size() > 3) {
    const std::string_view last = nodes[2];
    throw UserError(
        "spec '{}': found '{}' after the last node",
        spec,
        spec.substr(
            static_cast<std::size_t>(last.data() - spec.data()) + last.size()));
  }
  return cell;
}

std::string format_nats_cell(const NatsCell& cell) {
  std::string spec;
  for (std::size_t edge = 0; edge < kCellEdges.size(); ++edge) {
    const bool first = kCellEdges[edge].source == 0;
    if (first) spec += spec.empty() ? "|" : "+|";
    spec +=
        fmt::format("{}~{}|", op_name(cell.ops[edge]), kCellEdges[edge].source);
  }
  return spec;
}

std::string_view op_name(CellOp op) {
  return kOpNames[static_cast<std::size_t>(op)];
}

std::unique_ptr<const Space> make_nats_tss() {
  return std::make_unique<NatsTss>();
}

}  // namespace zcp::spaces
