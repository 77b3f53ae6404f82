// Microsoft's AutoFormer-S: heads of 64 features, relative positions.
#include "nets/spaces/all.h"
#include "nets/spaces/autoformer_network.h"

namespace zcp::spaces {

std::unique_ptr<const Space> make_autoformer_small() {
  return make_autoformer_space(
      {.info =
           {"autoformer-small",
            "AutoFormer-S as Microsoft builds it: heads of 64 features and "
            "relative positions",
            "eHIDDEN-HEADSxRATIO-HEADSxRATIO-..., a block each; drawn are 320, "
            "384 or 448 features, 12 to 14 blocks, 5 to 7 heads, ratio 3, 3.5 "
            "or 4",
            "e384-6x3-6x3.5-5x3-7x3.5-5x4-5x4-5x4-6x4-6x4-7x4-7x4-6x3.5-7x4",
            "https://arxiv.org/abs/2107.00651",
            0,
            {"gaussian-224"}},
       .hidden = {320, 384, 448},
       .depth = {12, 13, 14},
       .heads = {5, 6, 7},
       .halves = {6, 7, 8},
       .head_features = 64});
}

}  // namespace zcp::spaces
