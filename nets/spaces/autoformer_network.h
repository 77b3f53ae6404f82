// AutoFormer's vision transformers: what the spaces autoformer and
// autoformer-small share.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "nets/spaces/space.h"

namespace zcp::spaces {

/// A space of such transformers. All lists hold the values that are drawn;
/// specs may have others.
struct AutoFormerSpace {
  SpaceInfo info;
  std::vector<int> hidden;
  std::vector<int> depth;
  std::vector<int> heads;
  std::vector<int> halves;  ///< the feed-forward ratio times two
  /// Features of a head as Microsoft's code has them, with tables of relative
  /// positions; 0: the hidden features are shared out among the heads.
  int head_features = 0;
};

std::unique_ptr<const Space> make_autoformer_space(AutoFormerSpace space);

}  // namespace zcp::spaces
