// How ZenNAS and ZiCo search the space mobilenet-v2: what they count of a
// structure, and how they change one. idstcv/ZenNAS and SLDGroup/ZiCo:
// evolution_search.py, SearchSpace/search_space_IDW_fixfc.py, PlainNet/*.py.
#pragma once

#include <cstdint>
#include <vector>

#include "nets/spaces/mobilenet_v2_structure.h"

namespace zcp::spaces::mobilenet_v2 {

/// A number of channels to the nearest multiple of 8, not below it; halves go
/// to the even multiple, as Python rounds.
int round_to_8(double channels);

/// The numbers of channels that a mutation may give in place of `channels`, in
/// ascending order, each once, the present one among them.
std::vector<int> channel_choices(int channels);

/// Sublayers of all blocks, stem and tail included: what the scripts limit as
/// `max_layers`.
int layers(const Structure& structure);

/// What the scripts' budgets count as FLOPs, for square images of `resolution`
/// pixels: MACs of convolutions and the classifier, and a number for each
/// output of a BatchNorm; a shortcut with stride 2 counts a quarter.
std::int64_t
counted_flops(const Structure& structure, int resolution, int classes);

/// What they count as model size: C numbers for a BatchNorm of C channels, no
/// biases but 1 for the classifier.
std::int64_t counted_size(const Structure& structure, int classes);

/// One way to replace a block: how often its kind stands in the scripts' list.
struct Kind {
  int expansion;
  int kernel;
  int times;
};

/// Kinds of residual blocks with their multiplicities. The scripts append one
/// list to another by reference while they still extend it, so that small
/// kernels and expansions are up to six times likelier than large ones.
const std::vector<Kind>& kinds();

/// The length of the list from which the scripts draw a replacement: every
/// kind, width, depth and bottleneck as often as it stands there.
std::int64_t replacement_count(const Block& block);

/// The structure with up to `replacements` blocks replaced (the same block
/// drawn twice is replaced once), each by a uniform draw from that list, and
/// the channels of the blocks behind them repaired; then blocks of six or more
/// sublayers are split, twice. The tail may be drawn and stays as it is.
Structure
zen_mutation(Structure structure, int replacements, std::uint64_t seed);

/// Splits every residual block of six sublayers or more in a block of three and
/// one of the rest, which has stride 1.
Structure split_deep_blocks(const Structure& structure);

}  // namespace zcp::spaces::mobilenet_v2
