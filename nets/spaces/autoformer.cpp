// Auto-Prox's reading of AutoFormer-T, of which it publishes accuracies.
#include "nets/spaces/all.h"
#include "nets/spaces/autoformer_network.h"

namespace zcp::spaces {

std::unique_ptr<const Space> make_autoformer() {
  return make_autoformer_space(
      {.info =
           {"autoformer",
            "AutoFormer-T as Auto-Prox builds it: vision transformers",
            "eHIDDEN-HEADSxRATIO-HEADSxRATIO-..., a block each; drawn are 192, "
            "216 or 240 features, 12 to 14 blocks, 3 or 4 heads, ratio 3.5 or "
            "4",
            "e192-3x3.5-4x4-3x4-3x3.5-4x3.5-3x4-3x3.5-4x4-3x4-4x3.5-3x3.5-4x4",
            "https://arxiv.org/abs/2312.09059",
            0,
            {"gaussian-224"}},
       .hidden = {192, 216, 240},
       .depth = {12, 13, 14},
       .heads = {3, 4},
       .halves = {7, 8}});
}

}  // namespace zcp::spaces
