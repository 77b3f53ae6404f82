// Zen scores of networks whose global pools and BatchNorms are told apart.
#include <ATen/ATen.h>

#include <cmath>
#include <string>

#include "proxies/engine/evaluator.h"
#include "proxies/registry.h"
#include "tests/nets/networks/make_script.h"
#include "tests/proxies/engine/noise_evaluator.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::engine;
using zcp::test::numbers;

namespace {

/// A gated convolution with a BatchNorm of this scale and shift, another
/// convolution and a head.
Score score_of(const std::string& scale, const std::string& head) {
  const test::ScriptFile file(
      {{"w", numbers({6, 3, 3, 3}, 0.7)},
       {"gate", numbers({6, 6, 1, 1}, 0.9)},
       {"v", numbers({4, 6, 3, 3}, 0.8)},
       {"s", at::ones({6})},
       {"fc", numbers({5, 4}, 1.1)}},
      "def forward(self, x):\n"
      "    y = torch.conv2d(x, self.w, None, [1], [1])\n"
      "    y = torch.relu(torch.batch_norm(y, " +
          scale +
          ", None, None, None, True, 0.1, 1e-5, False))\n"
          "    g = torch.conv2d(torch.adaptive_avg_pool2d(y, [1, 1]), "
          "self.gate)\n"
          "    y = torch.conv2d(y * torch.sigmoid(g), self.v, None, [1], "
          "[1])\n"
          "    y = " +
          head + ".flatten(1)\n    return torch.linear(y, self.fc)\n");
  const Shape shape{3, 8, 8};
  const auto proxies = proxies::select_proxies({"zen"});
  EvaluatorOptions options;
  options.batch_size = 4;
  options.minibatches = 1;
  const Evaluator evaluator =
      zcp::test::noise_evaluator(proxies, options, shape, 5);
  return evaluator.score_model(file.path(), proxies)[0];
}

}  // namespace

TEST_CASE("zen: a pool of a gate is no global pool") {
  const std::string pool = "torch.adaptive_avg_pool2d(y, [1, 1])";
  CHECK(score_of("self.s", pool).status == ScoreStatus::ok);
  const Score other = score_of("self.s", "y.mean([2, 3])");
  CHECK(other.status == ScoreStatus::degenerate);
  CHECK(other.reason == "no global average pool at the end");
}

TEST_CASE("zen: a BatchNorm without a scale of its own counts") {
  const std::string pool = "torch.adaptive_avg_pool2d(y, [1, 1])";
  const Score with = score_of("self.s", pool);
  const Score without = score_of("None", pool);
  REQUIRE(without.status == ScoreStatus::ok);
  CHECK(std::abs(without.value - with.value) <= 1e-5 * std::abs(with.value));
}
