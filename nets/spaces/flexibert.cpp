// FlexiBERT's encoders as training-free-nas's metric network has them:
// modeling_electra.py. Post-norm, without pooler, classifier and mask.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/error.h"
#include "common/random.h"
#include "nets/spaces/all.h"
#include "nets/spaces/flexibert_program.h"
#include "nets/spaces/flexibert_spec.h"
#include "nets/spaces/spec.h"
#include "nets/spaces/transformer_layers.h"

namespace zcp::spaces {
namespace {

using flexibert::Encoder;
using flexibert::Layer;
using flexibert::Operation;

using flexibert::kEmbedded;
using flexibert::kMostTokens;
constexpr std::int64_t kTables =
    (flexibert::kWords + kMostTokens + 2) * std::int64_t{kEmbedded};
constexpr std::int64_t kLayers = 48;  // 6 * 2 * 2 * 2
constexpr std::int64_t kPairs = kLayers * kLayers;
constexpr std::int64_t kHalf = kPairs + kPairs * kPairs;  // of a hidden size

Layer numbered_layer(std::int64_t index) {
  return {
      static_cast<Operation>(index / 8),
      (index / 4) % 2 == 0 ? 2 : 4,
      (index / 2) % 2 == 0 ? 512 : 1024,
      index % 2 == 0 ? 1 : 3};
}

/// Declares one encoder.
class EncoderBuilder {
 public:
  explicit EncoderBuilder(graph::GraphBuilder& graph) : graph_(graph) {}

  Value build(const Encoder& encoder) {
    const Shape text = graph_.shape(graph_.input());
    Value x =
        embedding(graph_, graph_.input(), {kEmbedded, text.height, 1}, kTables);
    x = layer_norm(graph_, x);
    if (encoder.hidden != kEmbedded) {
      x = graph_.pixel_linear(x, encoder.hidden);
    }
    graph_.end_block(x);
    for (const Layer& layer : encoder.layers) {
      x = feed_forward(layer, operation(layer, x));
      graph_.end_block(x);
    }
    return x;
  }

 private:
  Value operation(const Layer& layer, Value x) {
    switch (layer.operation) {
      case Operation::sdp:
      case Operation::wma:
        return self_attention(layer, x);
      case Operation::dft:
      case Operation::dct:
        return transform(layer, x);
      case Operation::conv5:
      case Operation::conv9:
        break;
    }
    return dynamic_convolution(layer, x);
  }

  /// A linear layer, a residual sum and LayerNorm.
  Value output(Value y, Value x) {
    const Value z = graph_.pixel_linear(y, graph_.shape(x).channels);
    return layer_norm(graph_, graph_.add(std::array{z, x}));
  }

  Value joined(std::span<const Value> parts) {
    Shape out = graph_.shape(parts[0]);
    out.channels = 0;
    for (const Value part : parts) out.channels += graph_.shape(part).channels;
    return rearranged(graph_, parts, out);
  }

  Value self_attention(const Layer& layer, Value x) {
    const int h = graph_.shape(x).channels;
    Value q = graph_.pixel_linear(x, h);
    if (layer.operation == Operation::wma) q = without_bias(q, h);
    const Value k = graph_.pixel_linear(x, h);
    const Value v = graph_.pixel_linear(x, h);
    const Value all = joined(std::array{q, k, v});
    return output(attention(graph_, all, h, layer.heads), x);
  }

  Value without_bias(Value x, int out) {
    const Shape in = graph_.shape(x);
    graph::Attributes a;
    a.out_channels = out;
    const std::int64_t params = std::int64_t{in.channels} * out;
    return graph_.counted_layer(
        graph::Op::linear,
        a,
        std::array{x},
        {out, in.height, 1},
        params,
        params * in.height);
  }

  /// A linear layer and a transform; its output is not added to anything. The
  /// transform has no weights and counts no MACs.
  Value transform(const Layer& layer, Value x) {
    const Value y = graph_.pixel_linear(x, graph_.shape(x).channels);
    graph::Attributes a;
    a.groups = layer.heads;
    a.offset = static_cast<int>(layer.operation);
    return graph_.counted_layer(
        graph::Op::token_mix, a, std::array{y}, graph_.shape(y), 0, 0);
  }

  /// ConvBERT's: some heads attend, a convolution whose kernel depends on the
  /// token stands beside them.
  Value dynamic_convolution(const Layer& layer, Value x) {
    const Shape in = graph_.shape(x);
    const int kernel = layer.operation == Operation::conv5 ? 5 : 9;
    const int heads = std::max(1, layer.heads / 2);
    const int a = heads * (in.channels / layer.heads);
    const Value q = graph_.pixel_linear(x, a);
    const Value k = graph_.pixel_linear(x, a);
    const Value v = graph_.pixel_linear(x, a);
    const Value attended =
        attention(graph_, joined(std::array{q, k, v}), a, heads);
    // A separable convolution of the input says which kernel each token has.
    const Value window = tokens_mixed(
        std::array{x}, kernel, in.channels, std::int64_t{in.channels} * kernel);
    const Value key = graph_.pixel_linear(window, a);
    const Value kernels = graph_.pixel_linear(
        rearranged(graph_, std::array{key, q}, graph_.shape(q), 1),
        heads * kernel);
    const Value values = graph_.pixel_linear(x, a);
    const Value mixed = tokens_mixed(std::array{values, kernels}, kernel, a, 0);
    return output(joined(std::array{attended, mixed}), x);
  }

  /// A window of `kernel` tokens, each of `features` by itself.
  Value tokens_mixed(
      std::span<const Value> from,
      int kernel,
      int features,
      std::int64_t params) {
    const Shape in = graph_.shape(from[0]);
    graph::Attributes a;
    a.window = {kernel, 1, kernel / 2};
    a.groups = features;
    return graph_.counted_layer(
        graph::Op::token_mix,
        a,
        from,
        {features, in.height, 1},
        params,
        std::int64_t{in.height} * features * kernel);
  }

  Value feed_forward(const Layer& layer, Value x) {
    Value y = x;
    for (int i = 0; i < layer.depth; ++i) {
      y = gelu(graph_, graph_.pixel_linear(y, layer.width));
    }
    return output(y, x);
  }

  graph::GraphBuilder& graph_;
};

class FlexiBert final : public Space {
 public:
  const SpaceInfo& info() const override {
    static const SpaceInfo info{
        "flexibert",
        "FlexiBERT's text encoders, of which 500 were trained",
        "hHIDDEN/OP-HEADS-WIDTH-DEPTH/...: 128 or 256 features, 2 or 4 layers "
        "with OP one of SA-SDP, SA-WMA, LT-DFT, LT-DCT, DSC-5, DSC-9, 2 or 4 "
        "heads, and a feed-forward network 512 or 1024 wide and 1 or 3 deep",
        "h256/SA-WMA-4-1024-3/LT-DCT-2-512-3/SA-SDP-4-512-3/SA-SDP-4-1024-1",
        "https://arxiv.org/abs/2205.11656",
        2 * kHalf,
        {"tokens"}};
    return info;
  }

  /// First those of 128 features, of these first those of 2 layers.
  std::string spec(std::int64_t index) const override {
    Encoder encoder;
    encoder.hidden = index < kHalf ? 128 : 256;
    index %= kHalf;
    const int depth = index < kPairs ? 2 : 4;
    if (depth == 4) index -= kPairs;
    encoder.layers.resize(static_cast<std::size_t>(depth));
    for (std::size_t i = encoder.layers.size(); i-- > 0;) {
      encoder.layers[i] = numbered_layer(index % kLayers);
      index /= kLayers;
    }
    return flexibert::format(encoder);
  }

  /// The other hidden size, the last two layers left out or all two repeated,
  /// or another operation, number of heads, width or depth of one layer; each
  /// of the six kinds as likely.
  std::string mutate(std::string_view spec, std::uint64_t seed) const override {
    const Encoder self = flexibert::parse(spec);
    const std::int64_t kind = draw_integer(6, seed, "kind");
    if (kind == 0) return flexibert::format(other_size(self));
    if (kind == 1) return flexibert::format(other_depth(self));
    const std::int64_t layer =
        draw_integer(std::ssize(self.layers), seed, "layer");
    // Five other operations come first, then what has one other value each.
    const std::int64_t edit =
        kind == 2 ? draw_integer(5, seed, "operation") : kind + 2;
    return flexibert::format(edited(self, layer, edit));
  }

  std::vector<std::string> neighbours(std::string_view spec) const override {
    const Encoder self = flexibert::parse(spec);
    std::vector<std::string> near{
        flexibert::format(other_size(self)),
        flexibert::format(other_depth(self))};
    for (std::int64_t layer = 0; layer < std::ssize(self.layers); ++layer) {
      for (std::int64_t edit = 0; edit < kEdits; ++edit) {
        near.push_back(flexibert::format(edited(self, layer, edit)));
      }
    }
    return near;
  }

  /// 0 or 1 for the larger hidden size, and for each of four layers for each
  /// operation, and for more heads, more width and more depth.
  std::vector<double> encode(std::string_view spec) const override {
    const Encoder self = flexibert::parse(spec);
    std::vector<double> code{self.hidden == 256 ? 1.0 : 0.0};
    for (std::size_t i = 0; i < 4; ++i) {
      std::array<double, 9> own{};
      if (i < self.layers.size()) {
        const Layer& layer = self.layers[i];
        own[static_cast<std::size_t>(layer.operation)] = 1;
        own[6] = layer.heads == 4 ? 1 : 0;
        own[7] = layer.width == 1024 ? 1 : 0;
        own[8] = layer.depth == 3 ? 1 : 0;
      }
      code.insert(code.end(), own.begin(), own.end());
    }
    return code;
  }

  std::string normalise(std::string_view spec) const override {
    return flexibert::format(flexibert::parse(spec));
  }

  graph::Graph build(
      std::string_view spec,
      Shape input,
      Output output,
      const Skeleton& skeleton,
      graph::Folding folding) const override {
    if (output.head != Head::tokens && output.head != Head::classes) {
      require_tokens("flexibert", output);
    }
    require_all_by_spec("flexibert", skeleton);
    if (input.channels != 1 || input.width != 1 || input.height < 1 ||
        input.height > kMostTokens) {
      throw UserError(
          "flexibert: an input of {}x{}x{}, expected --task tokens, 1 to {} "
          "words, 1xTx1",
          input.channels,
          input.height,
          input.width,
          kMostTokens);
    }
    const Encoder encoder = flexibert::parse(spec);
    graph::GraphBuilder graph(input, folding);
    graph.run_by(
        [&] { return flexibert::program(encoder, input.height, output); });
    Value result = EncoderBuilder(graph).build(encoder);
    if (output.head == Head::classes) {
      result = graph.linear(graph.global_avg_pool(result), output.channels);
    }
    graph.add_calls(result, 1);  // the network itself
    return std::move(graph).finish(result);
  }

 private:
  static constexpr std::int64_t kEdits = 8;  // of a layer

  static Encoder other_size(Encoder encoder) {
    encoder.hidden = encoder.hidden == 128 ? 256 : 128;
    return encoder;
  }

  static Encoder other_depth(Encoder encoder) {
    auto& layers = encoder.layers;
    if (layers.size() == 4) {
      layers.resize(2);
    } else {
      layers = {layers[0], layers[1], layers[0], layers[1]};
    }
    return encoder;
  }

  static Encoder
  edited(Encoder encoder, std::int64_t number, std::int64_t edit) {
    Layer& layer = encoder.layers[static_cast<std::size_t>(number)];
    if (edit < 5) {
      layer.operation = static_cast<Operation>(
          (static_cast<std::int64_t>(layer.operation) + 1 + edit) % 6);
    } else if (edit == 5) {
      layer.heads = layer.heads == 2 ? 4 : 2;
    } else if (edit == 6) {
      layer.width = layer.width == 512 ? 1024 : 512;
    } else {
      layer.depth = layer.depth == 1 ? 3 : 1;
    }
    return encoder;
  }
};

}  // namespace

std::unique_ptr<const Space> make_flexibert() {
  return std::make_unique<FlexiBert>();
}

}  // namespace zcp::spaces
