// Structure strings of ZenNAS: the specs of the space mobilenet-v2.
// idstcv/ZenNAS: PlainNet/basic_blocks.py, super_blocks.py.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace zcp::spaces::mobilenet_v2 {

inline constexpr int kMostChannels = 8192;  // of a block
inline constexpr std::array kExpansions{1, 2, 4, 6};

/// One item of a structure string, with its numbers.
struct Block {
  int expansion = 0;  // 0: convolution, BatchNorm, ReLU
  int kernel = 0;
  int in = 0;
  int out = 0;
  int stride = 1;
  int bottleneck = 0;  // of a residual block
  int sublayers = 1;

  bool residual() const { return expansion > 0; }
  bool operator==(const Block&) const = default;
};

/// A structure string. `gated`: whether its blocks have squeeze and excitation.
struct Structure {
  std::vector<Block> blocks;
  bool gated = false;

  bool operator==(const Structure&) const = default;
};

/// "SuperConvK3BNRELU(3,8,2,1)SuperResIDWE6K3(8,32,2,8,1)...", with "+SE" at
/// the end where it is gated. Throws UserError that names the block that is
/// wrong, also where a block does not read as many channels as the one before
/// it has.
Structure parse(std::string_view spec);

std::string format(const Structure& structure);

}  // namespace zcp::spaces::mobilenet_v2
