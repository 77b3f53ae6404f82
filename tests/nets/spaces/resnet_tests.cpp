// Check values: torchvision's documented #params; He et al. 2016 for CIFAR.
#include <string>

#include "common/error.h"
#include "nets/spaces/space.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::graph;
using namespace zcp::spaces;

namespace {

const Space& space() {
  return find_space("resnet");
}

Graph imagenet(const std::string& spec) {
  return space().build(spec, {3, 224, 224}, 1000);
}

Graph cifar(const std::string& spec) {
  return space().build(spec, {3, 32, 32}, 10);
}

/// In units of 10 M, rounded.
std::int64_t tens_of_millions(std::int64_t macs) {
  return (macs + 5'000'000) / 10'000'000;
}

}  // namespace

TEST_CASE("resnet: torchvision's networks") {
  const Graph r18 = imagenet("imagenet-basic-2.2.2.2-64.128.256.512");
  CHECK(r18.params() == 11689512);
  CHECK(tens_of_millions(r18.macs()) == 181);
  const Graph r34 = imagenet("imagenet-basic-3.4.6.3-64.128.256.512");
  CHECK(r34.params() == 21797672);
  CHECK(tens_of_millions(r34.macs()) == 366);
  const Graph r50 = imagenet("imagenet-bottleneck-3.4.6.3-64.128.256.512");
  CHECK(r50.params() == 25557032);
  CHECK(tens_of_millions(r50.macs()) == 409);
  CHECK(r50.output_shape() == Shape{1000, 1, 1});
  const Graph r101 = imagenet("imagenet-bottleneck-3.4.23.3-64.128.256.512");
  CHECK(r101.params() == 44549160);
  CHECK(tens_of_millions(r101.macs()) == 780);
  const Graph r152 = imagenet("imagenet-bottleneck-3.8.36.3-64.128.256.512");
  CHECK(r152.params() == 60192808);
  CHECK(tens_of_millions(r152.macs()) == 1151);
}

TEST_CASE("resnet: CIFAR's ResNet-20 and ResNet-110 with projections") {
  // The paper's shortcut without weights (option A) has 269,722 and 1,727,962
  // parameters; two projections add 16 x 32 + 64 and 32 x 64 + 128.
  CHECK(cifar("cifar-basic-3.3.3-16.32.64").params() == 269722 + 576 + 2176);
  CHECK(
      cifar("cifar-basic-18.18.18-16.32.64").params() == 1727962 + 576 + 2176);
  CHECK(cifar("cifar-basic-3.3.3-16.32.64").blocks().size() == 10);
  // Three stages of maps of 32, 16 and 8 pixels.
  const Graph graph = cifar("cifar-bottleneck-1.1.1-8.16.32");
  CHECK(
      graph.nodes()[static_cast<std::size_t>(graph.blocks()[3])].shape ==
      Shape{128, 8, 8});
}

TEST_CASE("resnet: drawn members lie in the documented ranges") {
  for (const auto& spec : sample_specs(space(), 300, 1)) {
    CHECK(space().normalise(spec) == spec);
    const bool large = spec.starts_with("imagenet");
    CHECK((large ? imagenet(spec) : cifar(spec)).params() > 0);
  }
}

TEST_CASE("resnet: wrong specs name the part that is wrong") {
  const auto message = [](const std::string& spec) -> std::string {
    try {
      space().normalise(spec);
    } catch (const zcp::UserError& error) {
      return error.what();
    }
    return "";
  };
  CHECK(message("cifar-basic-3.3.3").find("FORM") != std::string::npos);
  CHECK(message("mnist-basic-1-1").find("'mnist-basic'") != std::string::npos);
  CHECK(message("cifar-basic-3.3-16.32.64").find("'3.3'") != std::string::npos);
  CHECK(
      message("cifar-basic-3.0.3-16.32.64").find("'0' blocks") !=
      std::string::npos);
  CHECK(
      message("cifar-basic-3.3.3-16.x.64").find("'x' channels") !=
      std::string::npos);
  CHECK(
      message("cifar-basic-99.3.3-16.32.64").find("'99'") != std::string::npos);
  CHECK(!message("").empty());
  CHECK_THROWS_AS(
      space().build("imagenet-basic-1.1.1.1-8.8.8.8", {3, 16, 16}, 10),
      zcp::UserError);
}
