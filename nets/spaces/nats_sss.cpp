// Structure and counts: NATS-Bench, https://arxiv.org/abs/2009.00437;
// AutoDL-Projects, xautodl/models/shape_infers/InferTinyCellNet.py.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "common/error.h"
#include "nets/spaces/all.h"
#include "nets/spaces/nats_layers.h"
#include "nets/spaces/spec.h"

namespace zcp::spaces {
namespace {

constexpr int kLayers = 5;
constexpr int kStep = 8;               // between two widths, and the least
constexpr int kChoices = 8;            // 8, 16, ..., 64
constexpr std::int64_t kSize = 32768;  // 8^5

/// Channels of the five layers: of the stem and the first cell, of the first
/// reduction, of the second cell, and so on.
using Widths = std::array<int, kLayers>;

/// The cell of every member: index 9930 of the topology space.
const NatsCell kCell{
    {CellOp::nor_conv_3x3,
     CellOp::nor_conv_3x3,
     CellOp::nor_conv_3x3,
     CellOp::skip_connect,
     CellOp::nor_conv_3x3,
     CellOp::nor_conv_3x3}};

Widths parse(std::string_view spec) {
  const auto parts = split_spec(spec, ':');
  if (parts.size() != kLayers) {
    throw UserError(
        "spec '{}': found {} number(s) of channels, expected {} between "
        "colons, like 8:16:24:32:64",
        spec,
        parts.size(),
        kLayers);
  }
  Widths widths{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const int width = parse_number(parts[i]).value_or(0);
    if (width % kStep != 0 || width < kStep || width > kStep * kChoices) {
      throw UserError(
          "spec '{}': layer {} has '{}' channels, expected 8, 16, 24, 32, 40, "
          "48, 56 or 64",
          spec,
          i,
          parts[i]);
    }
    widths[i] = width;
  }
  return widths;
}

std::string format(const Widths& widths) {
  return fmt::format("{}", fmt::join(widths, ":"));
}

class NatsSss final : public Space {
 public:
  const SpaceInfo& info() const override {
    static const SpaceInfo info{
        "nats-sss",
        "NATS-Bench size space: channels of five layers, one cell",
        "C:C:C:C:C with C one of 8, 16, 24, 32, 40, 48, 56, 64",
        "8:16:24:32:64",
        "https://arxiv.org/abs/2009.00437",
        kSize,
        {"cifar10", "cifar100", "imagenet16-120"}};
    return info;
  }

  std::string spec(std::int64_t index) const override {
    Widths widths{};
    for (std::size_t layer = widths.size(); layer-- > 0;) {
      widths[layer] = kStep * (static_cast<int>(index % kChoices) + 1);
      index /= kChoices;
    }
    return format(widths);
  }

  std::string normalise(std::string_view spec) const override {
    return format(parse(spec));
  }

  std::vector<int> choices() const override {
    return std::vector<int>(kLayers, kChoices);
  }

  std::vector<int> options_of(std::string_view spec) const override {
    std::vector<int> options;
    for (const int width : parse(spec)) options.push_back(width / kStep - 1);
    return options;
  }

  std::string mutate(std::string_view spec, std::uint64_t seed) const override {
    Widths widths = parse(spec);
    int& width =
        widths[static_cast<std::size_t>(draw_integer(kLayers, seed, "layer"))];
    // One of the seven other widths.
    const auto step =
        static_cast<int>(draw_integer(kChoices - 1, seed, "width"));
    width = kStep * ((width / kStep + step) % kChoices + 1);
    return format(widths);
  }

  graph::Graph build(
      std::string_view spec,
      Shape input,
      Output output,
      const Skeleton& skeleton,
      graph::Folding folding) const override {
    require_classes("nats-sss", output);
    require_size_by_spec("nats-sss", skeleton);
    require_size("nats-sss", input, 4);
    const Widths widths = parse(spec);
    graph::GraphBuilder graph(input, folding);
    auto x = add_nats_stem(graph, widths[0]);
    for (std::size_t layer = 0; layer < widths.size(); ++layer) {
      const bool reduction = layer % 2 == 1;
      x = reduction
              ? add_nats_reduction(graph, x, widths[layer])
              : add_nats_cell(graph, kCell, x, widths[layer], skeleton.affine);
    }
    const auto logits = add_nats_classifier(graph, x, output.channels);
    return std::move(graph).finish(logits);
  }
};

}  // namespace

std::unique_ptr<const Space> make_nats_sss() {
  return std::make_unique<NatsSss>();
}

}  // namespace zcp::spaces
