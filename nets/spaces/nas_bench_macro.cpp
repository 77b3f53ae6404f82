// Structure and counts: NAS-Bench-Macro, https://arxiv.org/abs/2103.11922;
// xiusu/NAS-Bench-Macro, train/model.py.
#include <array>
#include <string>

#include "common/error.h"
#include "nets/spaces/all.h"
#include "nets/spaces/layers.h"
#include "nets/spaces/spec.h"

namespace zcp::spaces {
namespace {

constexpr std::size_t kLayers = 8;
constexpr std::array<int, 3> kStages{2, 3, 3};  // layers of each
constexpr int kChoices = 3;
constexpr std::int64_t kSize = 6561;  // 3^8
constexpr int kStemChannels = 32;
constexpr int kTailChannels = 1280;

/// What a digit of the spec stands for; 0 is the identity.
struct Expansion {
  int ratio;
  int kernel;
};
constexpr Expansion kSmall{3, 3};  // 1
constexpr Expansion kLarge{6, 5};  // 2

std::string parse(std::string_view spec) {
  if (spec.size() != kLayers) {
    throw UserError(
        "spec '{}': found {} characters, expected {} digits, like 02012100",
        spec,
        spec.size(),
        kLayers);
  }
  for (std::size_t i = 0; i < spec.size(); ++i) {
    if (spec[i] >= '0' && spec[i] <= '2') continue;
    throw UserError(
        "spec '{}': layer {} is '{}', expected 0 (identity), 1 (3x3, "
        "expansion 3) or 2 (5x5, expansion 6)",
        spec,
        i,
        spec[i]);
  }
  return std::string(spec);
}

Value inverted_residual(
    graph::GraphBuilder& graph,
    Value x,
    const Expansion& expansion,
    int out,
    int stride) {
  const int in = graph.shape(x).channels;
  const int hidden = in * expansion.ratio;
  Value y = graph.relu(conv_bn(graph, x, hidden, 1));
  y = graph.relu(conv_bn(graph, y, hidden, expansion.kernel, stride, hidden));
  y = conv_bn(graph, y, out, 1);
  graph.add_calls(y, 1);  // the Sequential
  if (stride == 1 && in == out) y = graph.add(std::array{y, x});
  graph.add_calls(y, 1);  // the InvertedResidual
  return y;
}

Value identity(graph::GraphBuilder& graph, Value x, int out, int stride) {
  if (stride != 1 || graph.shape(x).channels != out) {
    x = conv_bn(graph, x, out, 1, stride);
    graph.add_calls(x, 1);  // the Sequential
  }
  graph.add_calls(x, 1);  // the Identity
  return x;
}

class NasBenchMacro final : public Space {
 public:
  const SpaceInfo& info() const override {
    static const SpaceInfo info{
        "nas-bench-macro",
        "NAS-Bench-Macro: eight layers, identity or inverted residual",
        "eight digits: 0 identity, 1 inverted residual 3x3 with expansion 3, "
        "2 inverted residual 5x5 with expansion 6",
        "02012100",
        "https://arxiv.org/abs/2103.11922",
        kSize,
        {"cifar10"}};
    return info;
  }

  std::string spec(std::int64_t index) const override {
    std::string digits(kLayers, '0');
    for (std::size_t i = kLayers; i-- > 0;) {
      digits[i] = static_cast<char>('0' + index % kChoices);
      index /= kChoices;
    }
    return digits;
  }

  std::string normalise(std::string_view spec) const override {
    return parse(spec);
  }

  std::vector<int> choices() const override {
    return std::vector<int>(kLayers, kChoices);
  }

  std::vector<int> options_of(std::string_view spec) const override {
    std::vector<int> options;
    for (const char digit : parse(spec)) options.push_back(digit - '0');
    return options;
  }

  std::string mutate(std::string_view spec, std::uint64_t seed) const override {
    std::string digits = parse(spec);
    char& digit =
        digits[static_cast<std::size_t>(draw_integer(kLayers, seed, "layer"))];
    // One of the two others.
    const std::int64_t step = draw_integer(kChoices - 1, seed, "operation");
    digit = static_cast<char>('0' + (digit - '0' + 1 + step) % kChoices);
    return digits;
  }

  graph::Graph build(
      std::string_view spec,
      Shape input,
      Output output,
      const Skeleton& skeleton,
      graph::Folding folding) const override {
    require_classes("nas-bench-macro", output);
    require_cells_as_published("nas-bench-macro", skeleton);
    const std::string digits = parse(spec);
    graph::GraphBuilder graph(input, folding);
    graph.leave_out_bias_macs();  // as the benchmark's table counts
    int channels = skeleton.channels_or(kStemChannels);
    Value x = graph.relu(conv_bn(graph, graph.input(), channels, 3));
    graph.add_calls(x, 1);  // the Sequential of the stem
    graph.end_block(x);
    std::size_t layer = 0;
    for (const int layers : kStages) {
      channels *= 2;
      for (int i = 0; i < layers; ++i) {
        x = add_layer(graph, digits[layer++], x, channels, i == 0 ? 2 : 1);
      }
    }
    graph.add_calls(x, 1);  // the Sequential of the layers
    x = graph.relu(conv_bn(graph, x, kTailChannels, 1));
    x = graph.global_avg_pool(x);
    graph.add_calls(x, 1);  // the Sequential of the tail
    const Value logits = graph.linear(x, output.channels);
    graph.add_calls(logits, 1);  // the network itself
    return std::move(graph).finish(logits);
  }

 private:
  static Value add_layer(
      graph::GraphBuilder& graph,
      char digit,
      Value x,
      int out,
      int stride) {
    switch (digit) {
      case '0':
        x = identity(graph, x, out, stride);
        break;
      case '1':
        x = inverted_residual(graph, x, kSmall, out, stride);
        break;
      default:
        x = inverted_residual(graph, x, kLarge, out, stride);
    }
    graph.end_block(x);
    return x;
  }
};

}  // namespace

std::unique_ptr<const Space> make_nas_bench_macro() {
  return std::make_unique<NasBenchMacro>();
}

}  // namespace zcp::spaces
