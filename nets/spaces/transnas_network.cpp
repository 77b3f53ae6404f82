#include "nets/spaces/transnas_network.h"

#include <algorithm>

#include "common/error.h"
#include "nets/spaces/layers.h"

namespace zcp::spaces::transnas {
namespace {

constexpr int kBase = 64;            // channels of the stem
constexpr int kCells = 2;            // a module
constexpr int kTiles = 9;            // of a jigsaw puzzle
constexpr int kTileChannels = 3;     // a puzzle is nine images in 27 channels
constexpr int kDecoderWidth = 1024;  // channels at the decoders' begin

Value apply(
    graph::GraphBuilder& graph,
    EdgeOp op,
    Value x,
    int out,
    int stride) {
  switch (op) {
    case EdgeOp::none:
      return zeros_after(graph, x, out, stride);
    case EdgeOp::skip:
      if (stride > 1 || graph.shape(x).channels != out) {
        return factorized_reduce(graph, x, out, stride);
      }
      graph.add_calls(x, 1);  // the Identity
      return x;
    case EdgeOp::conv_1x1:
      return relu_conv_bn(graph, x, out, 1, stride);
    case EdgeOp::conv_3x3:
      break;
  }
  return relu_conv_bn(graph, x, out, 3, stride);
}

/// Edges out of node 0 change the number of channels and the map's size.
Value add_cell(
    graph::GraphBuilder& graph,
    const MicroCell& cell,
    Value x,
    int out,
    int stride) {
  return add_four_node_cell(
      graph, x, [&](std::size_t edge, int source, Value from) {
        return apply(graph, cell[edge], from, out, source == 0 ? stride : 1);
      });
}

/// A convolution with a bias.
graph::Attributes biased(int out, int kernel, int stride = 1) {
  graph::Attributes a = convolution(out, kernel, stride);
  a.bias = true;
  return a;
}

Value add_basic_block(
    graph::GraphBuilder& graph,
    Value x,
    int out,
    int stride) {
  const Value a = relu_conv_bn(graph, x, out, 3, stride);
  const Value b = relu_conv_bn(graph, a, out, 3);
  Value shortcut = x;
  if (stride > 1 || graph.shape(x).channels != out) {
    // The authors hand `affine` to BatchNorm2d in epsilon's place: 1.
    shortcut = graph.batch_norm(
        graph.conv2d(x, convolution(out, 1, stride)), true, 1.0);
    graph.add_calls(shortcut, 1);  // the Sequential of the two
  }
  return graph.add(std::array{b, shortcut});
}

/// The macro network without its head.
Value add_encoder(
    graph::GraphBuilder& graph,
    const Encoder& encoder,
    Value x,
    int base,
    int cells) {
  x = conv_bn(graph, x, base / 2, 3, 2);
  x = relu_conv_bn(graph, x, base, 3, 2);
  graph.add_calls(x, 1);  // the Sequential of the stem
  graph.end_block(x);
  int channels = base;
  for (const char module : encoder.modules) {
    if (doubles(module)) channels *= 2;
    for (int i = 0; i < cells; ++i) {
      const int stride = i == 0 && halves(module) ? 2 : 1;
      x = encoder.cell ? add_cell(graph, *encoder.cell, x, channels, stride)
                       : add_basic_block(graph, x, channels, stride);
      graph.add_calls(x, 1);  // the MicroCell or the ResNetBasicblock
      graph.end_block(x);
    }
    graph.add_calls(x, 1);  // the module's Sequential
  }
  graph.add_calls(x, 1);  // the MacroNet
  return x;
}

/// Counts the calls of the decoder, which ends in `x`, and of the network.
Value finish_head(graph::GraphBuilder& graph, Value x) {
  graph.add_calls(x, 2);
  return x;
}

/// Decoders of the tasks that predict every pixel.
class Decoder {
 public:
  /// `doublings`: how often the map is doubled until it has the input's size.
  Decoder(graph::GraphBuilder& graph, int base, int doublings)
      : graph_(graph), base_(base), doublings_(doublings) {}

  Value segmentation(Value x, int classes) {
    int channels = width(kDecoderWidth);
    x = conv(x, channels);
    for (int i = 0; i < 6 - doublings_; ++i) {
      channels = std::max(1, channels / 2);
      x = conv(x, channels);
    }
    for (int i = 0; i < doublings_ - 1; ++i) {
      channels = std::max(1, channels / 2);
      x = deconv(x, channels);
    }
    x = deconv(x, channels);
    x = graph_.conv2d(x, biased(classes, 3));
    graph_.add_calls(x, 2);  // the ConvLayer and the Sequential
    return x;
  }

  Value generative(Value x, int numbers) {
    x = conv(conv(x, width(1024)), width(1024));
    x = conv_or_deconv(x, 512, 6);
    x = conv(x, width(512));
    x = conv_or_deconv(x, 256, 5);
    x = conv(x, width(128));
    x = conv_or_deconv(x, 64, 4);
    x = conv(x, width(64));
    x = conv_or_deconv(x, 32, 3);
    x = deconv(conv(x, width(32)), width(16));
    x = deconv(conv(x, width(32)), width(16));
    x = graph_.tanh(graph_.conv2d(x, biased(numbers, 3)));
    graph_.add_calls(x, 1);  // the ConvLayer
    return x;
  }

 private:
  /// A thinner encoder has a thinner decoder.
  int width(int channels) const {
    return std::max(1, channels * base_ / kBase);
  }

  Value conv(Value x, int out) {
    return activate(graph_.conv2d(x, biased(out, 3)));
  }

  Value deconv(Value x, int out) {
    graph::Attributes a = biased(out, 3, 2);
    a.output_padding = 1;
    return activate(graph_.conv_transpose2d(x, a));
  }

  Value conv_or_deconv(Value x, int out, int least_doublings) {
    return doublings_ >= least_doublings ? deconv(x, width(out))
                                         : conv(x, width(out));
  }

  Value activate(Value x) {
    const Value y = graph_.leaky_relu(graph_.batch_norm(x));
    graph_.add_calls(y, 1);  // the ConvLayer or the DeconvLayer
    return y;
  }

  graph::GraphBuilder& graph_;
  int base_;
  int doublings_;
};

/// Declares one encoder for all nine tiles and joins their features.
Value add_siamese_encoder(
    graph::GraphBuilder& graph,
    const Encoder& encoder,
    int base,
    int cells) {
  std::array<Value, kTiles> features{};
  const std::size_t first = graph.layer_count();
  for (int tile = 0; tile < kTiles; ++tile) {
    if (tile > 0) graph.begin_repetition(first);
    features[static_cast<std::size_t>(tile)] = add_encoder(
        graph,
        encoder,
        graph.slice(graph.input(), tile * kTileChannels, kTileChannels),
        base,
        cells);
  }
  graph.end_repetition();
  return graph.concat(features);
}

Value add_decoder(
    graph::GraphBuilder& graph,
    const std::string& space,
    Value features,
    int base,
    Output output) {
  const Shape in = graph.shape(graph.input());
  const Shape map = graph.shape(features);
  int doublings = 0;
  while (map.height << doublings < in.height) ++doublings;
  if (map.height << doublings != in.height ||
      map.width << doublings != in.width) {
    throw UserError(
        "{}: its decoders double a {}x{} map {} times, which does not give "
        "the input's {}x{}; expected sizes that {} divides",
        space,
        map.height,
        map.width,
        doublings,
        in.height,
        in.width,
        1 << doublings);
  }
  Decoder decoder(graph, base, doublings);
  return output.head == Head::pixels
             ? decoder.generative(features, output.channels)
             : decoder.segmentation(features, output.channels);
}

}  // namespace

bool doubles(char module) {
  return module == '2' || module == '4';
}

bool halves(char module) {
  return module == '3' || module == '4';
}

graph::Graph build_network(
    const std::string& space,
    const Encoder& encoder,
    Shape input,
    Output output,
    const Skeleton& skeleton,
    graph::Folding folding) {
  const int base = skeleton.channels_or(kBase);
  const int cells = skeleton.cells_or(kCells);
  if (base % 2 != 0) {
    throw UserError("--channels {}: {} needs an even number", base, space);
  }
  if (output.head == Head::tokens) {
    throw UserError("{}: its networks read images, not text", space);
  }
  const bool puzzle = input.channels == kTiles * kTileChannels;
  if (puzzle && output.head != Head::classes) {
    throw UserError(
        "{}: an input of {} channels is a puzzle of nine tiles, whose head "
        "classifies",
        space,
        input.channels);
  }
  graph::GraphBuilder graph(input, folding);
  const Value features =
      puzzle ? add_siamese_encoder(graph, encoder, base, cells)
             : add_encoder(graph, encoder, graph.input(), base, cells);
  const bool dense =
      output.head == Head::pixels || output.head == Head::pixel_classes;
  const Value out =
      dense ? add_decoder(graph, space, features, base, output)
            : graph.linear(graph.global_avg_pool(features), output.channels);
  return std::move(graph).finish(finish_head(graph, out));
}

const std::vector<std::string>& all_tasks() {
  static const std::vector<std::string> all{
      "class_object",
      "class_scene",
      "jigsaw",
      "room_layout",
      "segmentsemantic",
      "normal",
      "autoencoder"};
  return all;
}

}  // namespace zcp::spaces::transnas
