// Deep residual networks by depth and widths.
// CIFAR form: He et al., https://arxiv.org/abs/1512.03385, section 4.2, with a
// projection (1x1 convolution and BatchNorm) where a shortcut changes shape.
// ImageNet form: pytorch/vision, torchvision/models/resnet.py.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "common/error.h"
#include "common/random.h"
#include "nets/spaces/all.h"
#include "nets/spaces/layers.h"
#include "nets/spaces/spec.h"

namespace zcp::spaces {
namespace {

constexpr int kMostBlocks = 64;      // of a stage
constexpr int kMostChannels = 4096;  // of a stage
constexpr int kWidthStep = 8;        // of drawn and mutated widths

/// A form of the network: its stem and stages, and what a block is.
struct Form {
  std::string_view name;
  bool imagenet;    // stem 7x7 stride 2 and a pool, four stages
  bool bottleneck;  // 1x1, 3x3, 1x1 with four times the channels at its end

  std::size_t stages() const { return imagenet ? 4 : 3; }
};
constexpr std::array<Form, 4> kForms{
    {{"cifar-basic", false, false},
     {"cifar-bottleneck", false, true},
     {"imagenet-basic", true, false},
     {"imagenet-bottleneck", true, true}}};
constexpr int kExpansion = 4;  // of a bottleneck

struct Architecture {
  const Form* form = kForms.data();
  std::vector<int> blocks;
  std::vector<int> widths;
};

std::vector<int> parse_list(
    std::string_view list,
    std::size_t count,
    int most,
    std::string_view what,
    std::string_view spec) {
  const auto parts = split_spec(list, '.');
  if (parts.size() != count) {
    throw UserError(
        "spec '{}': {} in '{}', expected {} numbers of {} between points",
        spec,
        parts.size(),
        list,
        count,
        what);
  }
  std::vector<int> numbers;
  for (const std::string_view part : parts) {
    const int number = parse_number(part).value_or(0);
    if (number < 1 || number > most) {
      throw UserError(
          "spec '{}': '{}' {}, expected 1 to {}", spec, part, what, most);
    }
    numbers.push_back(number);
  }
  return numbers;
}

Architecture parse(std::string_view spec) {
  const auto parts = split_spec(spec, '-');
  if (parts.size() != 4) {
    throw UserError(
        "spec '{}': expected FORM-BLOCK-BLOCKS-CHANNELS, like "
        "cifar-basic-3.3.3-16.32.64 or imagenet-bottleneck-3.4.6.3-"
        "64.128.256.512",
        spec);
  }
  const std::string name = fmt::format("{}-{}", parts[0], parts[1]);
  Architecture architecture;
  architecture.form = nullptr;
  for (const Form& form : kForms) {
    if (form.name == name) architecture.form = &form;
  }
  if (architecture.form == nullptr) {
    throw UserError(
        "spec '{}': found '{}', expected cifar or imagenet, then basic or "
        "bottleneck",
        spec,
        name);
  }
  const std::size_t stages = architecture.form->stages();
  architecture.blocks =
      parse_list(parts[2], stages, kMostBlocks, "blocks", spec);
  architecture.widths =
      parse_list(parts[3], stages, kMostChannels, "channels", spec);
  return architecture;
}

std::string format(const Architecture& architecture) {
  return fmt::format(
      "{}-{}-{}",
      architecture.form->name,
      fmt::join(architecture.blocks, "."),
      fmt::join(architecture.widths, "."));
}

Value add_block(
    graph::GraphBuilder& graph,
    Value x,
    int width,
    int stride,
    bool bottleneck) {
  const int out = bottleneck ? kExpansion * width : width;
  Value y = x;
  if (bottleneck) {
    y = graph.relu(conv_bn(graph, y, width, 1));
    y = graph.relu(conv_bn(graph, y, width, 3, stride));
    y = conv_bn(graph, y, out, 1);
  } else {
    y = graph.relu(conv_bn(graph, y, width, 3, stride));
    y = conv_bn(graph, y, out, 3);
  }
  Value shortcut = x;
  if (stride != 1 || graph.shape(x).channels != out) {
    shortcut = conv_bn(graph, x, out, 1, stride);
    graph.add_calls(shortcut, 1);  // the Sequential
  }
  y = graph.relu(graph.add(std::array{y, shortcut}));
  graph.add_calls(y, 1);  // the BasicBlock or Bottleneck
  graph.end_block(y);
  return y;
}

Value add_stem(graph::GraphBuilder& graph, const Form& form, int channels) {
  const int kernel = form.imagenet ? 7 : 3;
  const int stride = form.imagenet ? 2 : 1;
  Value x = graph.relu(conv_bn(graph, graph.input(), channels, kernel, stride));
  if (form.imagenet) x = graph.max_pool(x, 3, 2, 1);
  graph.end_block(x);
  return x;
}

class ResNet final : public Space {
 public:
  const SpaceInfo& info() const override {
    static const SpaceInfo info{
        "resnet",
        "residual networks by blocks and channels of each stage",
        "FORM-BLOCK-BLOCKS-CHANNELS: cifar (3x3 stem, three stages) or "
        "imagenet (7x7 stem, four stages), basic or bottleneck, blocks of "
        "each stage, channels of each stage (a bottleneck ends in four times "
        "as many)",
        "cifar-basic-3.3.3-16.32.64",
        "https://arxiv.org/abs/1512.03385",
        0,
        {"cifar10", "cifar100", "gaussian-224"}};
    return info;
  }

  std::string spec(std::int64_t) const override {
    throw UserError("resnet: its members are not numbered");
  }

  /// CIFAR form: 1 to 9 blocks a stage, 8 to 128 channels; ImageNet form: 1 to
  /// 6 blocks, 16 to 512 channels; channels in steps of 8 and not falling.
  std::string draw(std::uint64_t seed) const override {
    Architecture architecture;
    architecture.form = &kForms[static_cast<std::size_t>(
        draw_integer(std::ssize(kForms), seed, "form"))];
    const bool imagenet = architecture.form->imagenet;
    for (std::size_t stage = 0; stage < architecture.form->stages(); ++stage) {
      const std::uint64_t own = derive_seed(seed, "stage", stage);
      architecture.blocks.push_back(
          static_cast<int>(1 + draw_integer(imagenet ? 6 : 9, own, "blocks")));
      const std::int64_t least = imagenet ? 2 : 1;
      const std::int64_t most = imagenet ? 64 : 16;
      architecture.widths.push_back(static_cast<int>(
          kWidthStep *
          (least + draw_integer(most - least + 1, own, "channels"))));
    }
    std::ranges::sort(architecture.widths);
    return format(architecture);
  }

  /// A stage with one block or eight channels more or less.
  std::string mutate(std::string_view spec, std::uint64_t seed) const override {
    Architecture architecture = parse(spec);
    const auto stage = static_cast<std::size_t>(
        draw_integer(std::ssize(architecture.blocks), seed, "stage"));
    const bool deeper = draw_integer(2, seed, "what") == 0;
    const int sign = draw_integer(2, seed, "sign") == 0 ? 1 : -1;
    int& number =
        deeper ? architecture.blocks[stage] : architecture.widths[stage];
    const int step = deeper ? 1 : kWidthStep;
    const int most = deeper ? kMostBlocks : kMostChannels;
    const int wanted = number + sign * step;
    // At an end the only way is back.
    number = wanted < 1 || wanted > most ? number - sign * step : wanted;
    return format(architecture);
  }

  std::vector<std::string> neighbours(std::string_view spec) const override {
    const Architecture own = parse(spec);
    std::vector<std::string> near;
    for (std::size_t stage = 0; stage < own.blocks.size(); ++stage) {
      for (const int sign : {-1, 1}) {
        Architecture other = own;
        other.blocks[stage] += sign;
        const bool fits =
            other.blocks[stage] >= 1 && other.blocks[stage] <= kMostBlocks;
        if (fits) near.push_back(format(other));
        other = own;
        other.widths[stage] += sign * kWidthStep;
        const bool wide =
            other.widths[stage] >= 1 && other.widths[stage] <= kMostChannels;
        if (wide) near.push_back(format(other));
      }
    }
    return near;
  }

  /// Whether the form is ImageNet's and whether blocks are bottlenecks; blocks
  /// and the logarithm of the channels of four stages, 0 for one that is not
  /// there.
  std::vector<double> encode(std::string_view spec) const override {
    const Architecture own = parse(spec);
    std::vector<double> code{
        own.form->imagenet ? 1.0 : 0.0, own.form->bottleneck ? 1.0 : 0.0};
    for (std::size_t stage = 0; stage < 4; ++stage) {
      const bool there = stage < own.blocks.size();
      code.push_back(there ? own.blocks[stage] : 0);
      code.push_back(there ? std::log2(own.widths[stage]) : 0);
    }
    return code;
  }

  std::string normalise(std::string_view spec) const override {
    return format(parse(spec));
  }

  graph::Graph build(
      std::string_view spec,
      Shape input,
      Output output,
      const Skeleton& skeleton,
      graph::Folding folding) const override {
    require_classes("resnet", output);
    require_all_by_spec("resnet", skeleton);
    const Architecture architecture = parse(spec);
    const Form& form = *architecture.form;
    require_size("resnet", input, form.imagenet ? 32 : 4);
    graph::GraphBuilder graph(input, folding);
    Value x = add_stem(graph, form, architecture.widths[0]);
    for (std::size_t stage = 0; stage < architecture.blocks.size(); ++stage) {
      for (int i = 0; i < architecture.blocks[stage]; ++i) {
        const int stride = i == 0 && stage > 0 ? 2 : 1;
        x = add_block(
            graph, x, architecture.widths[stage], stride, form.bottleneck);
      }
      graph.add_calls(x, 1);  // the Sequential of the stage
    }
    const Value logits = add_classifier(graph, x, output.channels);
    return std::move(graph).finish(logits);
  }
};

}  // namespace

std::unique_ptr<const Space> make_resnet() {
  return std::make_unique<ResNet>();
}

}  // namespace zcp::spaces
