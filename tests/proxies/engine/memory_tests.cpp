#include "proxies/engine/memory.h"
#include "proxies/registry.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::engine;
using zcp::proxies::find_proxy;

namespace {

/// 1e6 parameters and 1e4 layer outputs an input, in float32.
constexpr Workload kWork{
    .params = 1000000,
    .activations = 10000,
    .batch_size = 8,
    .minibatches = 2,
    .bytes_a_number = 4};

}  // namespace

TEST_CASE("memory by hand count") {
  // Activations: 1e4 x 8 inputs x 4 bytes.
  const double activations = 3.2e5;
  CHECK(bytes_needed(find_proxy("params"), kWork) == 0);
  CHECK(bytes_needed(find_proxy("l2_norm"), kWork) == 4e6);
  CHECK(bytes_needed(find_proxy("naswot"), kWork) == 4e6 + activations);
  CHECK(bytes_needed(find_proxy("snip"), kWork) == 8e6 + activations);
  CHECK(bytes_needed(find_proxy("zico"), kWork) == 12e6 + activations);
  // What it makes of each parameter and output says grasp itself.
  CHECK(bytes_needed(find_proxy("grasp"), kWork) == 16e6 + 2 * activations);
  // Inputs and outputs of all layers.
  CHECK(bytes_needed(find_proxy("intrain"), kWork) == 8e6 + 2 * activations);
  // Absolute weights and gradients in float64, one input of ones.
  CHECK(bytes_needed(find_proxy("synflow"), kWork) == 4e6 + 16e6 + 8e4);
  // Gradients of a second input beside them.
  CHECK(bytes_needed(find_proxy("dss"), kWork) == 4e6 + 24e6 + 16e4);
}

TEST_CASE("proxies that run together take what the largest of them takes") {
  const std::vector<const Descriptor*> shared{
      &find_proxy("snip"), &find_proxy("zico"), &find_proxy("naswot")};
  const Footprint both = footprint(shared, kWork);
  CHECK(both.kept == 8e6);  // gradients of both minibatches
  CHECK(both.pass == 3.2e5);
  const std::vector<const Descriptor*> still{&find_proxy("l2_norm")};
  CHECK(footprint(still, kWork).kept == 0);
  CHECK(footprint(still, kWork).pass == 0);
}

TEST_CASE("a limit is compared with the estimate, 0 with nothing") {
  const Descriptor& snip = find_proxy("snip");
  CHECK_FALSE(refusal_by_memory(snip, kWork, 0));
  CHECK_FALSE(refusal_by_memory(snip, kWork, 8320000));
  Workload large = kWork;
  large.params = 1350000000;
  CHECK(
      refusal_by_memory(snip, large, 4000000000) ==
      "needs about 10.8 GB, --memory allows 4.0 GB");
}
