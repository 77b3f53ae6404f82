#include "nets/spaces/mobilenet_v2_zen.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "common/random.h"
#include "nets/spaces/spec.h"

namespace zcp::spaces::mobilenet_v2 {
namespace {

constexpr int kSplitLayers = 6;

/// Adds up what the scripts count while it walks through a network.
class Counter {
 public:
  explicit Counter(std::int64_t resolution) : resolution_(resolution) {}

  void add(const Block& block) {
    for (int i = 0; i < block.sublayers; ++i) {
      const int stride = i == 0 ? block.stride : 1;
      if (!block.residual()) {
        convolution(block.out, block.kernel, stride, 1);
        continue;
      }
      half(block, block.bottleneck, stride, i == 0);
      half(block, block.out, 1, false);
    }
  }

  void classifier(int classes) {
    flops_ += channels_ * classes;
    size_ += channels_ * classes + 1;
  }

  void input(int channels) { channels_ = channels; }
  std::int64_t flops() const { return flops_; }
  std::int64_t size() const { return size_; }

 private:
  /// A convolution and its BatchNorm.
  void convolution(
      std::int64_t out,
      std::int64_t kernel,
      std::int64_t stride,
      std::int64_t groups) {
    const std::int64_t weights = channels_ * out * kernel * kernel;
    flops_ += weights * resolution_ * resolution_ / (stride * stride) / groups;
    size_ += weights / groups + out;
    resolution_ /= stride;
    channels_ = out;
    flops_ += out * resolution_ * resolution_;
  }

  void half(const Block& block, int out, int stride, bool project) {
    const std::int64_t in = channels_;
    const int width = round_to_8(out * block.expansion);
    convolution(width, 1, 1, 1);
    convolution(width, block.kernel, stride, width);
    convolution(out, 1, 1, 1);
    if (!project && stride == 1 && in == out) return;
    const std::int64_t pixels = resolution_ * resolution_;
    const std::int64_t squared = std::int64_t{stride} * stride;
    flops_ += in * out * pixels / squared + out * pixels / squared;
    size_ += in * out + out;
  }

  std::int64_t resolution_;
  std::int64_t channels_ = 0;
  std::int64_t flops_ = 0;
  std::int64_t size_ = 0;
};

Counter counted(const Structure& structure, int resolution, int classes) {
  Counter counter(resolution);
  counter.input(structure.blocks.front().in);
  for (const Block& block : structure.blocks) counter.add(block);
  counter.classifier(classes);
  return counter;
}

/// The depths that a block may get.
std::vector<int> depth_choices(int sublayers) {
  std::vector<int> choices;
  for (int change = -2; change <= 2; ++change) {
    if (sublayers + change > 0) choices.push_back(sublayers + change);
  }
  return choices;
}

int choose(
    const std::vector<int>& choices,
    std::uint64_t seed,
    const char* purpose) {
  return choices[static_cast<std::size_t>(
      draw_integer(std::ssize(choices), seed, purpose))];
}

const Kind& choose_kind(std::uint64_t seed) {
  int all = 0;
  for (const Kind& kind : kinds()) all += kind.times;
  auto left = draw_integer(all, seed, "kind");
  for (const Kind& kind : kinds()) {
    if (left < kind.times) return kind;
    left -= kind.times;
  }
  return kinds().back();
}

Block replaced(Block block, std::uint64_t seed) {
  // The scripts' list for the tail holds the tail alone.
  if (!block.residual() && block.kernel == 1) return block;
  block.out = choose(channel_choices(block.out), seed, "output");
  if (!block.residual()) return block;
  const Kind& kind = choose_kind(seed);
  block.expansion = kind.expansion;
  block.kernel = kind.kernel;
  block.bottleneck =
      choose(channel_choices(block.bottleneck), seed, "bottleneck");
  block.sublayers = choose(depth_choices(block.sublayers), seed, "sublayers");
  return block;
}

void repair_channels(Structure& structure) {
  for (std::size_t i = 1; i < structure.blocks.size(); ++i) {
    structure.blocks[i].in = structure.blocks[i - 1].out;
  }
}

}  // namespace

int round_to_8(double channels) {
  return std::max(8, 8 * static_cast<int>(std::nearbyint(channels / 8)));
}

std::vector<int> channel_choices(int channels) {
  std::set<int> choices;
  for (const double factor : {2.5, 2.0, 1.5, 1.25, 1.0}) {
    choices.insert(round_to_8(channels * factor));
    choices.insert(round_to_8(channels / factor));
  }
  return {choices.begin(), choices.end()};
}

int layers(const Structure& structure) {
  int count = 0;
  for (const Block& block : structure.blocks) count += block.sublayers;
  return count;
}

std::int64_t
counted_flops(const Structure& structure, int resolution, int classes) {
  return counted(structure, resolution, classes).flops();
}

std::int64_t counted_size(const Structure& structure, int classes) {
  return counted(structure, 1 << 10, classes).size();
}

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all{
      {1, 3, 12},
      {2, 3, 12},
      {4, 3, 11},
      {6, 3, 10},
      {1, 5, 9},
      {2, 5, 8},
      {4, 5, 7},
      {6, 5, 6},
      {1, 7, 5},
      {2, 7, 4},
      {4, 7, 3},
      {6, 7, 2}};
  return all;
}

std::int64_t replacement_count(const Block& block) {
  if (!block.residual()) {
    return block.kernel == 1 ? 1 : std::ssize(channel_choices(block.out));
  }
  std::int64_t times = 0;
  for (const Kind& kind : kinds()) times += kind.times;
  return times * std::ssize(channel_choices(block.out)) *
         std::ssize(channel_choices(block.bottleneck)) *
         std::ssize(depth_choices(block.sublayers));
}

Structure split_deep_blocks(const Structure& structure) {
  Structure split;
  split.gated = structure.gated;
  for (Block block : structure.blocks) {
    const bool deep = block.residual() && block.sublayers >= kSplitLayers;
    const int rest = block.sublayers - kSplitLayers / 2;
    if (deep) block.sublayers = kSplitLayers / 2;
    split.blocks.push_back(block);
    if (!deep) continue;
    block.sublayers = rest;
    block.in = block.out;
    block.stride = 1;
    split.blocks.push_back(block);
  }
  return split;
}

Structure
zen_mutation(Structure structure, int replacements, std::uint64_t seed) {
  std::set<std::size_t> done;
  for (int i = 0; i < replacements; ++i) {
    const std::uint64_t own =
        derive_seed(seed, "replacement", static_cast<std::uint64_t>(i));
    const auto at = static_cast<std::size_t>(
        draw_integer(std::ssize(structure.blocks), own, "block"));
    if (!done.insert(at).second) continue;
    structure.blocks[at] = replaced(structure.blocks[at], own);
    repair_channels(structure);
  }
  return split_deep_blocks(split_deep_blocks(structure));
}

}  // namespace zcp::spaces::mobilenet_v2
