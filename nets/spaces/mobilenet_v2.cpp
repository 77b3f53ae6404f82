// Inverted residuals by ZenNAS's structure strings, which ZiCo and AZ-NAS
// search too: Lin et al., ICCV 2021, https://arxiv.org/abs/2102.01063;
// idstcv/ZenNAS: PlainNet/SuperResIDWEXKX.py, basic_blocks.py, super_blocks.py,
// SearchSpace/search_space_IDW_fixfc.py, ZenNet/masternet.py.
#include <algorithm>
#include <array>
#include <cmath>

#include "common/error.h"
#include "common/random.h"
#include "nets/spaces/all.h"
#include "nets/spaces/layers.h"
#include "nets/spaces/mobilenet_v2_structure.h"
#include "nets/spaces/mobilenet_v2_zen.h"
#include "nets/spaces/spec.h"

namespace zcp::spaces {
namespace {

using mobilenet_v2::Block;
using mobilenet_v2::channel_choices;
using mobilenet_v2::kExpansions;
using mobilenet_v2::kMostChannels;
using mobilenet_v2::layers;
using mobilenet_v2::round_to_8;
using mobilenet_v2::Structure;

constexpr double kEpsilon = 1e-3;  // of ZenNAS's BatchNorms
constexpr std::array kKernels{3, 5, 7};

// Limits of what is drawn and mutated: those of ZenNAS's scripts for ImageNet.
constexpr int kMostLayers = 14;
constexpr int kSplitLayers = 6;  // a block of so many is split in two
constexpr std::int64_t kMostMacs = 1'000'000'000;
constexpr Shape kImage{3, 224, 224};
constexpr int kClasses = 1000;
constexpr int kTailChannels = 2048;

/// Declares a network. Its modules are counted as ZenNAS has them: every layer
/// is a module in a wrapper of its own.
class StructureBuilder {
 public:
  StructureBuilder(graph::GraphBuilder& graph, bool gated)
      : graph_(graph), gated_(gated) {}

  Value add(Value x, const Block& block) {
    for (int i = 0; i < block.sublayers; ++i) {
      const int stride = i == 0 ? block.stride : 1;
      if (!block.residual()) {
        x = graph_.relu(conv_bn(x, block.out, block.kernel, stride));
        continue;
      }
      x = half(x, block, block.bottleneck, block.bottleneck, stride, i == 0);
      x = half(x, block, block.out, block.out, 1, false);
    }
    graph_.add_calls(x, 1);  // the block
    graph_.end_block(x);
    return x;
  }

 private:
  Value conv_bn(
      Value x,
      int out,
      int kernel,
      int stride,
      int groups = 1,
      bool wrapped = true) {
    const Value y = graph_.conv2d(x, convolution(out, kernel, stride, groups));
    const Value z = graph_.batch_norm(y, true, kEpsilon);
    if (wrapped) {
      graph_.add_calls(y, 1);  // the ConvKX or ConvDW
      graph_.add_calls(z, 1);  // the BN
    }
    return z;
  }

  /// Half a sublayer: `width` times the expansion channels inside, `out` at the
  /// end. `project`: whether the shortcut has a projection even where it keeps
  /// its shape.
  Value half(
      Value x,
      const Block& block,
      int width,
      int out,
      int stride,
      bool project) {
    const int hidden = round_to_8(width * block.expansion);
    Value y = graph_.relu(conv_bn(x, hidden, 1, 1));
    y = graph_.relu(conv_bn(y, hidden, block.kernel, stride, hidden));
    if (gated_) y = gate(y);
    y = conv_bn(y, out, 1, 1);
    if (project || stride > 1 || graph_.shape(x).channels != out) {
      x = projection(x, out, stride);
    }
    const Value sum = graph_.add(std::array{y, x});
    graph_.add_calls(sum, 1);  // the ResBlock
    return graph_.relu(sum);
  }

  /// A shortcut's 1x1 convolution and BatchNorm. The convolution has a bias
  /// although BatchNorm follows.
  Value projection(Value x, int out, int stride) {
    graph::Attributes a = convolution(out, 1, stride);
    a.bias = true;
    const Value y = graph_.batch_norm(graph_.conv2d(x, a), true, kEpsilon);
    graph_.add_calls(y, 1);  // the Sequential
    return y;
  }

  /// Squeeze and excitation with a quarter of the channels.
  Value gate(Value x) {
    const int channels = graph_.shape(x).channels;
    const int squeezed =
        std::max(1, static_cast<int>(std::nearbyint(channels * 0.25)));
    Value y = graph_.global_avg_pool(x);
    y = graph_.relu(conv_bn(y, squeezed, 1, 1, 1, false));
    y = graph_.sigmoid(conv_bn(y, channels, 1, 1, 1, false));
    graph_.add_calls(y, 1);  // the Sequential
    const Value z = graph_.multiply(x, y);
    graph_.add_calls(z, 1);  // the SE
    return z;
  }

  graph::GraphBuilder& graph_;
  bool gated_;
};

graph::Graph build_graph(
    const Structure& structure,
    Shape input,
    int classes,
    graph::Folding folding) {
  graph::GraphBuilder graph(input, folding);
  StructureBuilder builder(graph, structure.gated);
  Value x = graph.input();
  for (const Block& block : structure.blocks) x = builder.add(x, block);
  const Value pooled = graph.global_avg_pool(x);
  graph.add_calls(pooled, -1);  // a function, not a module
  const Value logits = graph.linear(pooled, classes);
  graph.add_calls(logits, 2);  // the Linear around it and the network itself
  return std::move(graph).finish(logits);
}

std::int64_t macs(const Structure& structure) {
  return build_graph(structure, kImage, kClasses, graph::Folding::functional)
      .macs();
}

template <typename Choices>
int choose(const Choices& choices, std::uint64_t seed, const char* purpose) {
  return choices[static_cast<std::size_t>(
      draw_integer(std::ssize(choices), seed, purpose))];
}

/// Whether a search changes the block: every one but the tail.
bool mutable_block(const Block& block) {
  return block.residual() || block.kernel > 1;
}

/// Another block in its place, by the ranges of ZenNAS's search space.
Block mutated(Block block, std::uint64_t seed) {
  block.out = choose(channel_choices(block.out), seed, "output");
  if (!block.residual()) return block;
  block.expansion = choose(kExpansions, seed, "expansion");
  block.kernel = choose(kKernels, seed, "kernel");
  block.bottleneck =
      choose(channel_choices(block.bottleneck), seed, "bottleneck");
  const int least = std::max(1, block.sublayers - 2);
  block.sublayers =
      least + static_cast<int>(draw_integer(
                  block.sublayers + 2 - least + 1, seed, "sublayers"));
  return block;
}

/// Splits deep blocks in two, three sublayers and the rest, as ZenNAS's blocks
/// do (PlainNet/SuperResIDWEXKX.py), and gives every block as many input
/// channels as the block before it has outputs.
void repair(Structure& structure) {
  std::vector<Block> blocks;
  for (Block block : structure.blocks) {
    const int all = block.sublayers;
    const bool split = block.residual() && all >= kSplitLayers;
    if (split) block.sublayers = kSplitLayers / 2;
    if (!blocks.empty()) block.in = blocks.back().out;
    blocks.push_back(block);
    if (split) {
      block.in = block.out;
      block.stride = 1;
      block.sublayers = all - kSplitLayers / 2;
      blocks.push_back(block);
    }
  }
  structure.blocks = blocks;
}

bool within(const Structure& structure, int most_layers, std::int64_t most) {
  for (const Block& block : structure.blocks) {
    if (block.out > kMostChannels || block.bottleneck > kMostChannels) {
      return false;
    }
  }
  return layers(structure) <= most_layers && macs(structure) <= most;
}

/// A residual block of `least` to `most` channels, each choice as likely as
/// the others.
Block drawn_block(int in, int least, int most, std::uint64_t seed) {
  const auto channels = [&](const char* purpose) {
    return least + 8 * static_cast<int>(
                           draw_integer((most - least) / 8 + 1, seed, purpose));
  };
  Block block;
  block.expansion = choose(kExpansions, seed, "expansion");
  block.kernel = choose(kKernels, seed, "kernel");
  block.in = in;
  block.out = channels("output");
  block.stride = 2;
  block.bottleneck = channels("bottleneck");
  block.sublayers = 1 + static_cast<int>(draw_integer(5, seed, "sublayers"));
  return block;
}

Structure drawn(std::uint64_t seed) {
  Structure structure;
  auto& blocks = structure.blocks;
  Block stem;
  stem.kernel = 3;
  stem.in = kImage.channels;
  stem.out = 8 * (1 + static_cast<int>(draw_integer(4, seed, "stem")));
  stem.stride = 2;
  blocks.push_back(stem);
  constexpr std::array<std::pair<int, int>, 4> widths{
      {{16, 64}, {24, 96}, {48, 192}, {96, 384}}};
  for (std::size_t stage = 0; stage < widths.size(); ++stage) {
    blocks.push_back(drawn_block(
        blocks.back().out,
        widths[stage].first,
        widths[stage].second,
        derive_seed(seed, "stage", stage)));
  }
  Block tail;
  tail.kernel = 1;
  tail.in = blocks.back().out;
  tail.out = kTailChannels;
  blocks.push_back(tail);
  return structure;
}

class MobileNetV2 final : public Space {
 public:
  const SpaceInfo& info() const override {
    static const SpaceInfo info{
        "mobilenet-v2",
        "ZenNAS's and ZiCo's inverted residuals for ImageNet",
        "SuperConvK3BNRELU(in,out,stride,sublayers) and "
        "SuperResIDWE{1,2,4,6}K{3,5,7}(in,out,stride,bottleneck,sublayers) "
        "one after another; +SE at the end: squeeze and excitation",
        "SuperConvK3BNRELU(3,8,2,1)SuperResIDWE6K3(8,32,2,8,1)"
        "SuperResIDWE6K3(32,48,2,32,1)SuperResIDWE6K3(48,96,2,48,1)"
        "SuperResIDWE6K3(96,128,2,96,1)SuperConvK1BNRELU(128,2048,1,1)",
        "https://arxiv.org/abs/2102.01063",
        0,
        {"gaussian-224", "gaussian"}};
    return info;
  }

  std::string spec(std::int64_t) const override {
    throw UserError("mobilenet-v2: its members are not numbered");
  }

  /// Stem of 8 to 32 channels; four blocks of stride 2 and 1 to 5 sublayers
  /// with 16 to 64, 24 to 96, 48 to 192 and 96 to 384 channels; tail of 2048;
  /// 14 layers and 1 G MACs (1000 classes at 224 x 224) at most.
  std::string draw(std::uint64_t seed) const override {
    for (std::uint64_t attempt = 0;; ++attempt) {
      const Structure structure = drawn(derive_seed(seed, "attempt", attempt));
      if (within(structure, kMostLayers, kMostMacs))
        return mobilenet_v2::format(structure);
    }
  }

  /// Changes one block as ZenNAS searches: its channels by a factor of 1.25,
  /// 1.5, 2 or 2.5 up or down, its expansion and kernel to any other, its
  /// sublayers by up to two. The tail is never changed. The result has 14
  /// layers and 1 G MACs at most, or as many as the spec where that has more.
  std::string mutate(std::string_view spec, std::uint64_t seed) const override {
    const Structure before = mobilenet_v2::parse(spec);
    if (std::ranges::none_of(before.blocks, mutable_block)) {
      throw UserError("spec '{}': no block of it is changed by a search", spec);
    }
    const int most_layers = std::max(kMostLayers, layers(before));
    const std::int64_t most_macs = std::max(kMostMacs, macs(before));
    for (std::uint64_t attempt = 0;; ++attempt) {
      const std::uint64_t own = derive_seed(seed, "attempt", attempt);
      Structure after = before;
      Block& block = after.blocks[static_cast<std::size_t>(
          draw_integer(std::ssize(after.blocks), own, "block"))];
      if (!mutable_block(block)) continue;
      block = mutated(block, own);
      repair(after);
      if (after != before && within(after, most_layers, most_macs)) {
        return mobilenet_v2::format(after);
      }
    }
  }

  std::string normalise(std::string_view spec) const override {
    return mobilenet_v2::format(mobilenet_v2::parse(spec));
  }

  graph::Graph build(
      std::string_view spec,
      Shape input,
      Output output,
      const Skeleton& skeleton,
      graph::Folding folding) const override {
    require_classes("mobilenet-v2", output);
    require_all_by_spec("mobilenet-v2", skeleton);
    const Structure structure = mobilenet_v2::parse(spec);
    if (structure.blocks[0].in != input.channels) {
      throw UserError(
          "spec '{}': its first block reads {} channels, the task has {}",
          spec,
          structure.blocks[0].in,
          input.channels);
    }
    return build_graph(structure, input, output.channels, folding);
  }
};

}  // namespace

std::unique_ptr<const Space> make_mobilenet_v2() {
  return std::make_unique<MobileNetV2>();
}

}  // namespace zcp::spaces
