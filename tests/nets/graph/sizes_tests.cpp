#include <string>

#include "nets/graph/sizes.h"
#include "nets/spaces/space.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::graph;

namespace {

Sizes sizes_of_spec(
    const char* space,
    const std::string& spec,
    Shape input,
    int classes) {
  return sizes_of(
      spaces::find_space(space).build(spec, input, {classes, Head::classes}));
}

std::string cell(const char* op) {
  const std::string o = op;
  return "|" + o + "~0|+|" + o + "~0|" + o + "~1|+|" + o + "~0|" + o + "~1|" +
         o + "~2|";
}

}  // namespace

TEST_CASE("sizes: ResNet-18 is 18 layers deep, its stem's map the largest") {
  // He et al. 2016: 7x7 convolution, 8 blocks of two, the classifier. The
  // stem's output is 64 x 112 x 112; the projections lie beside the way.
  const Sizes sizes = sizes_of_spec(
      "resnet", "imagenet-basic-2.2.2.2-64.128.256.512", {3, 224, 224}, 1000);
  CHECK(sizes.depth == 18);
  CHECK(sizes.features == 64 * 112 * 112);
  CHECK(sizes.params == 11'689'512);  // torchvision's
}

TEST_CASE("sizes: cells of NATS-Bench by hand") {
  // The stem, two reductions of two convolutions, the classifier; 15 cells of
  // three convolutions in a row (0 -> 1 -> 2 -> 3).
  const Shape image{3, 32, 32};
  const Sizes deep = sizes_of_spec("nats-tss", cell("nor_conv_3x3"), image, 10);
  CHECK(deep.depth == 1 + 4 + 1 + 15 * 3);
  CHECK(deep.features == 16 * 32 * 32);
  CHECK(sizes_of_spec("nats-tss", cell("skip_connect"), image, 10).depth == 6);
  // Nothing reaches the classifier, which is all that runs.
  CHECK(sizes_of_spec("nats-tss", cell("none"), image, 10).depth <= 1);
}

TEST_CASE("sizes: a layer of ZenNAS is six convolutions deep") {
  // Stem, four blocks of one sublayer, tail, classifier.
  const auto& space = spaces::find_space("mobilenet-v2");
  const Sizes sizes =
      sizes_of_spec("mobilenet-v2", space.info().example, {3, 224, 224}, 1000);
  CHECK(sizes.depth == 1 + 4 * 6 + 1 + 1);
  // The first block's first half, 6 x 8 channels before its stride.
  CHECK(sizes.features == 48 * 112 * 112);
}
