// TransNAS-Bench-101, cell level (micro) and macro level.
// Structure: Duan et al., CVPR 2021, https://arxiv.org/abs/2105.11871;
// yawen-d/TransNASBench: lib/models/net_infer/{net_macro,cell_micro}.py,
// net_ops/cell_ops.py, task_models/decoder.py. The network of a task is that
// encoder with the task's decoder; the discriminator that trains `normal` and
// `autoencoder` is not part of it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "common/error.h"
#include "common/random.h"
#include "nets/spaces/all.h"

namespace zcp::spaces {
namespace {

using Value = graph::GraphBuilder::Value;

constexpr int kBase = 64;            // channels of the stem
constexpr int kCells = 2;            // a module
constexpr int kTiles = 9;            // of a jigsaw puzzle
constexpr int kTileChannels = 3;     // a puzzle is nine images in 27 channels
constexpr int kDecoderWidth = 1024;  // channels at the decoders' begin

/// Operations of a cell's edges by their digit.
enum class EdgeOp : std::uint8_t { none, skip, conv_1x1, conv_3x3 };

/// Edges of the cell in the order of the spec: 1<-0, 2<-0, 2<-1, 3<-0, ...
using MicroCell = std::array<EdgeOp, 6>;

graph::Attributes window(int out, int kernel, int stride, bool bias = false) {
  graph::Attributes a;
  a.out_channels = out;
  a.kernel = kernel;
  a.stride = stride;
  a.padding = kernel / 2;
  a.bias = bias;
  return a;
}

Value relu_conv_bn(
    graph::GraphBuilder& graph,
    Value x,
    int out,
    int kernel,
    int stride) {
  // ReLUConvBN around a ReLU: two class names with "ReLU".
  const Value active = graph.relu(x, 2);
  const Value y =
      graph.batch_norm(graph.conv2d(active, window(out, kernel, stride)));
  graph.add_calls(y, 2);  // the Sequential and the ReLUConvBN around it
  return y;
}

Value factorized_reduce(
    graph::GraphBuilder& graph,
    Value x,
    int out,
    int stride) {
  const Value active = graph.relu(x);
  const graph::Attributes half = window(out / 2, 1, stride);
  const Value a = graph.conv2d(active, half);
  const Value b = graph.conv2d(graph.shift(active), half);
  const Value y = graph.batch_norm(graph.concat(std::array{a, b}));
  graph.add_calls(y, 1);  // the FactorizedReduce
  return y;
}

Value apply(
    graph::GraphBuilder& graph,
    EdgeOp op,
    Value x,
    int out,
    int stride) {
  Shape shape = graph.shape(x);
  switch (op) {
    case EdgeOp::none:
      shape.channels = out;
      shape.height = (shape.height + stride - 1) / stride;
      shape.width = (shape.width + stride - 1) / stride;
      return graph.zero(shape);
    case EdgeOp::skip:
      if (stride > 1 || shape.channels != out) {
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

Value add_cell(
    graph::GraphBuilder& graph,
    const MicroCell& cell,
    Value x,
    int out,
    int stride) {
  std::array<Value, 4> nodes{x};
  std::size_t edge = 0;
  for (std::size_t target = 1; target < nodes.size(); ++target) {
    std::array<Value, 3> terms{};
    for (std::size_t source = 0; source < target; ++source) {
      terms[source] = apply(
          graph, cell[edge++], nodes[source], out, source == 0 ? stride : 1);
    }
    nodes[target] = graph.add(std::span(terms).first(target));
  }
  return nodes[3];
}

Value add_basic_block(
    graph::GraphBuilder& graph,
    Value x,
    int out,
    int stride) {
  const Value a = relu_conv_bn(graph, x, out, 3, stride);
  const Value b = relu_conv_bn(graph, a, out, 3, 1);
  Value shortcut = x;
  if (stride > 1 || graph.shape(x).channels != out) {
    // The authors hand `affine` to BatchNorm2d in epsilon's place: 1.
    shortcut =
        graph.batch_norm(graph.conv2d(x, window(out, 1, stride)), true, 1.0);
    graph.add_calls(shortcut, 1);  // the Sequential of the two
  }
  return graph.add(std::array{b, shortcut});
}

/// An encoder: what both levels share.
struct Encoder {
  std::string modules;            ///< digits 1 to 4
  std::optional<MicroCell> cell;  ///< none: ResNet basic blocks
};

bool doubles(char module) {
  return module == '2' || module == '4';
}

bool halves(char module) {
  return module == '3' || module == '4';
}

/// The macro network without its head.
Value add_encoder(
    graph::GraphBuilder& graph,
    const Encoder& encoder,
    Value x,
    int base,
    int cells) {
  x = graph.batch_norm(graph.conv2d(x, window(base / 2, 3, 2)));
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

/// The head's last module, the decoder, and the network around it.
Value finish_head(graph::GraphBuilder& graph, Value x) {
  graph.add_calls(x, 2);
  return x;
}

/// Decoders of the tasks that predict every pixel.
class Decoder {
 public:
  /// `doublings`: of the map, back to the input's size.
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
    x = graph_.conv2d(x, window(classes, 3, 1, true));
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
    x = graph_.tanh(graph_.conv2d(x, window(numbers, 3, 1, true)));
    graph_.add_calls(x, 1);  // the ConvLayer
    return x;
  }

 private:
  /// A thinner encoder has a thinner decoder.
  int width(int channels) const {
    return std::max(1, channels * base_ / kBase);
  }

  Value conv(Value x, int out) {
    return activate(graph_.conv2d(x, window(out, 3, 1, true)));
  }

  Value deconv(Value x, int out) {
    graph::Attributes a = window(out, 3, 2, true);
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

/// Each tile through the same encoder, their features side by side.
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

graph::Graph build_network(
    const std::string& space,
    const Encoder& encoder,
    Shape input,
    Output output,
    const Skeleton& skeleton,
    graph::Folding folding) {
  const int base = skeleton.channels > 0 ? skeleton.channels : kBase;
  const int cells =
      skeleton.cells_per_stage > 0 ? skeleton.cells_per_stage : kCells;
  if (base % 2 != 0) {
    throw UserError("--channels {}: {} needs an even number", base, space);
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

constexpr std::string_view kPaper = "https://arxiv.org/abs/2105.11871";

class TransnasMicro final : public Space {
 public:
  const SpaceInfo& info() const override {
    static const SpaceInfo info{
        "transnas-micro",
        "TransNAS-Bench-101, cell level: 6 edges x 4 operations",
        "64-41414-D_DD_DDD: operations into nodes 1, 2 and 3 from nodes 0, 1, "
        "2, a digit each: 0 none, 1 skip, 2 1x1, 3 3x3 convolution",
        "64-41414-1_02_333",
        std::string(kPaper),
        4096,
        all_tasks()};
    return info;
  }

  std::string spec(std::int64_t index) const override {
    MicroCell cell{};
    for (std::size_t edge = cell.size(); edge-- > 0; index /= 4) {
      cell[edge] = static_cast<EdgeOp>(index % 4);
    }
    return format(cell);
  }

  std::string normalise(std::string_view spec) const override {
    return format(parse(spec));
  }

  std::string mutate(std::string_view spec, std::uint64_t seed) const override {
    MicroCell cell = parse(spec);
    std::array<std::int64_t, 2> drawn{};
    fill_integers(std::span(drawn).first(1), std::ssize(cell), seed);
    fill_integers(std::span(drawn).last(1), 3, derive_seed(seed, "operation"));
    EdgeOp& op = cell[static_cast<std::size_t>(drawn[0])];
    // One of the three other operations.
    op =
        static_cast<EdgeOp>((static_cast<std::int64_t>(op) + 1 + drawn[1]) % 4);
    return format(cell);
  }

  graph::Graph build(
      std::string_view spec,
      Shape input,
      Output output,
      const Skeleton& skeleton,
      graph::Folding folding) const override {
    return build_network(
        info().name,
        {std::string(kModules), parse(spec)},
        input,
        output,
        skeleton,
        folding);
  }

 private:
  static constexpr std::string_view kModules = "41414";
  static constexpr std::string_view kPrefix = "64-41414-";
  // Where the digits and the underscores stand behind the prefix.
  static constexpr std::string_view kPattern = "D_DD_DDD";

  static MicroCell parse(std::string_view spec) {
    if (!spec.starts_with(kPrefix)) {
      throw UserError(
          "spec '{}': found '{}', expected it to begin with {}",
          spec,
          spec.substr(0, kPrefix.size()),
          kPrefix);
    }
    const std::string_view code = spec.substr(kPrefix.size());
    if (code.size() != kPattern.size()) {
      throw UserError(
          "spec '{}': the cell is '{}', expected {} with digits D from 0 to 3",
          spec,
          code,
          kPattern);
    }
    MicroCell cell{};
    std::size_t edge = 0;
    for (std::size_t i = 0; i < code.size(); ++i) {
      const bool digit = kPattern[i] == 'D';
      if (digit ? code[i] < '0' || code[i] > '3' : code[i] != '_') {
        throw UserError(
            "spec '{}': found '{}' in the cell '{}', expected {}",
            spec,
            code[i],
            code,
            digit ? "a digit from 0 to 3" : "_");
      }
      if (digit) cell[edge++] = static_cast<EdgeOp>(code[i] - '0');
    }
    return cell;
  }

  static std::string format(const MicroCell& cell) {
    std::string spec(kPrefix);
    std::size_t edge = 0;
    for (const char place : kPattern) {
      spec += place == 'D'
                  ? static_cast<char>('0' + static_cast<int>(cell[edge++]))
                  : place;
    }
    return spec;
  }
};

/// Digits of 4 to 6 modules, of which 1 to 4 halve the map and 1 to 3 double
/// the channels.
bool valid_modules(std::string_view modules) {
  const auto halved = std::ranges::count_if(modules, halves);
  const auto doubled = std::ranges::count_if(modules, doubles);
  return modules.size() >= 4 && modules.size() <= 6 && halved >= 1 &&
         halved <= 4 && doubled >= 1 && doubled <= 3;
}

class TransnasMacro final : public Space {
 public:
  const SpaceInfo& info() const override {
    static const SpaceInfo info{
        "transnas-macro",
        "TransNAS-Bench-101, macro level: 4 to 6 modules of ResNet blocks",
        "64-DDDD-basic, 4 to 6 digits: 1 plain, 2 twice the channels, 3 half "
        "the map, 4 both; 1 to 4 halve, 1 to 3 double",
        "64-1234-basic",
        std::string(kPaper),
        std::ssize(all()),
        all_tasks()};
    return info;
  }

  std::string spec(std::int64_t index) const override {
    return format(all()[static_cast<std::size_t>(index)]);
  }

  std::string normalise(std::string_view spec) const override {
    return format(parse(spec));
  }

  /// Another digit, one more or one less.
  std::string mutate(std::string_view spec, std::uint64_t seed) const override {
    const std::vector<std::string> near = neighbours(parse(spec));
    std::int64_t drawn = 0;
    fill_integers(std::span(&drawn, 1), std::ssize(near), seed);
    return format(near[static_cast<std::size_t>(drawn)]);
  }

  graph::Graph build(
      std::string_view spec,
      Shape input,
      Output output,
      const Skeleton& skeleton,
      graph::Folding folding) const override {
    return build_network(
        info().name,
        {parse(spec), std::nullopt},
        input,
        output,
        skeleton,
        folding);
  }

 private:
  static constexpr std::string_view kFront = "64-";
  static constexpr std::string_view kBack = "-basic";
  static constexpr std::string_view kDigits = "1234";

  static const std::vector<std::string>& all() {
    static const std::vector<std::string> codes = [] {
      std::vector<std::string> valid;
      std::vector<std::string> longest{""};
      for (int length = 1; length <= 6; ++length) {
        std::vector<std::string> longer;
        for (const std::string& code : longest) {
          for (const char digit : kDigits) longer.push_back(code + digit);
        }
        std::ranges::copy_if(longer, std::back_inserter(valid), valid_modules);
        longest = std::move(longer);
      }
      return valid;
    }();
    return codes;
  }

  /// Every member one digit away, each once.
  static std::vector<std::string> neighbours(const std::string& modules) {
    std::vector<std::string> near;
    for (std::size_t i = 0; i < modules.size(); ++i) {
      near.push_back(std::string(modules).erase(i, 1));
      for (const char digit : kDigits) {
        near.push_back(std::string(modules).replace(i, 1, 1, digit));
      }
    }
    for (std::size_t i = 0; i <= modules.size(); ++i) {
      for (const char digit : kDigits) {
        near.push_back(std::string(modules).insert(i, 1, digit));
      }
    }
    std::erase_if(near, [&](const std::string& other) {
      return other == modules || !valid_modules(other);
    });
    std::ranges::sort(near);
    near.erase(std::unique(near.begin(), near.end()), near.end());
    return near;
  }

  static std::string parse(std::string_view spec) {
    if (!spec.starts_with(kFront) || !spec.ends_with(kBack) ||
        spec.size() < kFront.size() + kBack.size()) {
      throw UserError(
          "spec '{}': expected {}, 4 to 6 digits and {}", spec, kFront, kBack);
    }
    spec.remove_prefix(kFront.size());
    spec.remove_suffix(kBack.size());
    std::string modules(spec);
    for (const char digit : modules) {
      if (kDigits.find(digit) == std::string_view::npos) {
        throw UserError(
            "spec '{}{}{}': found '{}', expected a digit from 1 to 4",
            kFront,
            modules,
            kBack,
            digit);
      }
    }
    if (!valid_modules(modules)) {
      throw UserError(
          "spec '{}{}{}': {} modules of which {} halve the map and {} double "
          "the channels, expected 4 to 6, 1 to 4 and 1 to 3",
          kFront,
          modules,
          kBack,
          modules.size(),
          std::ranges::count_if(modules, halves),
          std::ranges::count_if(modules, doubles));
    }
    return modules;
  }

  static std::string format(const std::string& modules) {
    return fmt::format("{}{}{}", kFront, modules, kBack);
  }
};

}  // namespace

std::unique_ptr<const Space> make_transnas_micro() {
  return std::make_unique<TransnasMicro>();
}

std::unique_ptr<const Space> make_transnas_macro() {
  return std::make_unique<TransnasMacro>();
}

}  // namespace zcp::spaces
