// New weights for a TorchScript network.
#include <cmath>

#include "nets/networks/redraw.h"
#include "nets/networks/script_network.h"
#include "tests/nets/networks/make_script.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::networks;
using initialisers::Initialiser;

namespace {

at::Tensor redrawn(const Network& network, const std::string& name) {
  for (const Parameter& parameter : network.parameters()) {
    if (parameter.name == name) return parameter.value;
  }
  return {};
}

}  // namespace

TEST_CASE("redraw: weights by fans, scales and other parameters by kind") {
  const zcp::test::ScriptFile file(
      {{"weight", at::zeros({64, 4, 3, 3})},
       {"bias", at::ones({64})},
       {"token", 5 * at::ones({3})}},
      "def forward(self, x):\n    return torch.relu(x)\n");
  const auto network = load_script_network(file.path(), at::kFloat);
  const auto drawn = redraw(*network, Initialiser::pytorch, 1);
  const double bound = 1 / std::sqrt(4 * 9.0);
  const at::Tensor weight = redrawn(*drawn, "weight");
  CHECK(weight.abs().max().item<double>() <= bound);
  CHECK(weight.abs().max().item<double>() > 0.99 * bound);
  const at::Tensor bias = redrawn(*drawn, "bias");
  CHECK(bias.abs().max().item<double>() <= bound);
  CHECK_FALSE(at::equal(bias, at::ones({64})));
  CHECK(at::equal(redrawn(*drawn, "token"), 5 * at::ones({3})));
  // The network that it came from stays as it is; the seed decides.
  CHECK(at::equal(redrawn(*network, "weight"), at::zeros({64, 4, 3, 3})));
  CHECK(at::equal(
      weight, redrawn(*redraw(*network, Initialiser::pytorch, 1), "weight")));
  CHECK_FALSE(at::equal(
      weight, redrawn(*redraw(*network, Initialiser::pytorch, 2), "weight")));
}

TEST_CASE("redraw: norms become 1 and 0") {
  const zcp::test::ScriptFile file(
      {{"weight", 3 * at::ones({4})}, {"bias", at::ones({4})}},
      "def forward(self, x):\n    return torch.relu(x)\n");
  const auto drawn = redraw(
      *load_script_network(file.path(), at::kFloat), Initialiser::normal, 1);
  CHECK(at::equal(redrawn(*drawn, "weight"), at::ones({4})));
  CHECK(at::equal(redrawn(*drawn, "bias"), at::zeros({4})));
}
