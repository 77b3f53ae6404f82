#include "nets/spaces/mobilenet_v2_structure.h"

#include <fmt/format.h>

#include <optional>

#include "common/error.h"
#include "nets/spaces/spec.h"

namespace zcp::spaces::mobilenet_v2 {
namespace {

constexpr std::string_view kGated = "+SE";  // squeeze and excitation
constexpr int kMostSublayers = 32;

/// Kernel and expansion by a block's name; none for an unknown one.
std::optional<Block> block_named(std::string_view name) {
  for (const int kernel : {1, 3, 5, 7}) {
    Block block;
    block.kernel = kernel;
    if (name == fmt::format("SuperConvK{}BNRELU", kernel)) return block;
    for (const int expansion : kExpansions) {
      block.expansion = expansion;
      if (kernel > 1 &&
          name == fmt::format("SuperResIDWE{}K{}", expansion, kernel)) {
        return block;
      }
    }
  }
  return std::nullopt;
}

Block parse_block(
    std::string_view name,
    std::string_view arguments,
    std::string_view spec) {
  const auto named = block_named(name);
  if (!named) {
    throw UserError(
        "spec '{}': unknown block '{}', expected SuperConvK1BNRELU (3, 5, 7) "
        "or SuperResIDWE6K3 (E1, 2, 4, 6; K3, 5, 7)",
        spec,
        name);
  }
  Block block = *named;
  const auto parts = split_spec(arguments, ',');
  const std::size_t expected = block.residual() ? 5 : 4;
  if (parts.size() != expected) {
    throw UserError(
        "spec '{}': {}({}) has {} number(s), expected {}",
        spec,
        name,
        arguments,
        parts.size(),
        block.residual() ? "in,out,stride,bottleneck,sublayers"
                         : "in,out,stride,sublayers");
  }
  const auto number = [&](std::size_t i, int most, std::string_view what) {
    const int value = parse_number(parts[i]).value_or(0);
    if (value >= 1 && value <= most) return value;
    throw UserError(
        "spec '{}': {}({}): {} '{}', expected 1 to {}",
        spec,
        name,
        arguments,
        what,
        parts[i],
        most);
  };
  block.in = number(0, kMostChannels, "input channels");
  block.out = number(1, kMostChannels, "output channels");
  block.stride = number(2, 2, "stride");
  if (block.residual()) {
    block.bottleneck = number(3, kMostChannels, "bottleneck channels");
  }
  block.sublayers = number(expected - 1, kMostSublayers, "sublayers");
  return block;
}

}  // namespace

std::string format(const Structure& structure) {
  std::string spec;
  for (const Block& b : structure.blocks) {
    if (b.residual()) {
      spec += fmt::format(
          "SuperResIDWE{}K{}({},{},{},{},{})",
          b.expansion,
          b.kernel,
          b.in,
          b.out,
          b.stride,
          b.bottleneck,
          b.sublayers);
    } else {
      spec += fmt::format(
          "SuperConvK{}BNRELU({},{},{},{})",
          b.kernel,
          b.in,
          b.out,
          b.stride,
          b.sublayers);
    }
  }
  return structure.gated ? spec + std::string(kGated) : spec;
}

Structure parse(std::string_view spec) {
  Structure structure;
  std::string_view rest = spec;
  if (rest.ends_with(kGated)) {
    structure.gated = true;
    rest.remove_suffix(kGated.size());
  }
  do {
    const std::size_t open = rest.find('(');
    const std::size_t close = rest.find(')');
    if (open == std::string_view::npos || close == std::string_view::npos ||
        close < open) {
      throw UserError(
          "spec '{}': found '{}', expected a block like "
          "SuperResIDWE6K3(8,32,2,8,1)",
          spec,
          rest);
    }
    const Block block = parse_block(
        rest.substr(0, open), rest.substr(open + 1, close - open - 1), spec);
    auto& blocks = structure.blocks;
    if (!blocks.empty() && blocks.back().out != block.in) {
      throw UserError(
          "spec '{}': {} reads {} channels, expected {}, what the block "
          "before it has",
          spec,
          rest.substr(0, close + 1),
          block.in,
          blocks.back().out);
    }
    blocks.push_back(block);
    rest.remove_prefix(close + 1);
  } while (!rest.empty());
  return structure;
}

}  // namespace zcp::spaces::mobilenet_v2
