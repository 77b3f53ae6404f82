// Proxies whose gradients are what rounding left, as a BatchNorm can make them.
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

constexpr int kBatch = 8;
const Shape kShape{3, 8, 8};

/// A convolution, a BatchNorm, an average pool and a linear layer, with
/// `between` behind the BatchNorm.
test::ScriptFile network(const std::string& between) {
  return {
      {{"w", numbers({6, 3, 3, 3}, 0.7)},
       {"s", 1 + 0.3 * numbers({6}, 0.3)},
       {"t", 0.2 * numbers({6}, 0.4)},
       {"fc", numbers({5, 6}, 1.1)}},
      "def forward(self, x):\n"
      "    y = torch.conv2d(x, self.w, None, [1], [1])\n"
      "    y = torch.batch_norm(y, self.s, self.t, None, None, True, 0.1, "
      "1e-5, False)\n" +
          between + "    return torch.linear(y.mean([2, 3]), self.fc)\n"};
}

}  // namespace

TEST_CASE("Jacobians that rounding makes are no scores") {
  const auto proxies =
      proxies::select_proxies({"jacob_cov", "epe_nas", "jacobian_cosine"});
  for (const std::string precision : {"fp32", "fp64"}) {
    CAPTURE(precision);
    EvaluatorOptions options;
    options.batch_size = kBatch;
    options.minibatches = 1;
    options.precision = precision;
    const Evaluator evaluator =
        zcp::test::noise_evaluator(proxies, options, kShape, 5);
    for (const Score& score :
         evaluator.score_model(network("").path(), proxies)) {
      CHECK(score.status == ScoreStatus::degenerate);
      // In float32 BatchNorm may leave zeros: versions of LibTorch differ.
      const bool is_noise =
          score.reason.find("rounding noise") != std::string::npos;
      const bool is_zero =
          precision == "fp32" &&
          score.reason.find("is constant") != std::string::npos;
      INFO(score.reason);
      CHECK((is_noise || is_zero));
    }
    for (const Score& score : evaluator.score_model(
             network("    y = torch.relu(y)\n").path(), proxies)) {
      CHECK(std::isfinite(score.value));
    }
  }
}

TEST_CASE("SynFlow with BatchNorm that rounding makes is no score") {
  // Of an image of ones each channel is constant but for the last bits, by
  // whose deviation the BatchNorm divides where its epsilon lets it.
  const auto score_of = [](double deviation) {
    const test::ScriptFile file(
        {{"w", numbers({6, 3, 1, 1}, 0.7)},
         {"pattern", deviation * numbers({1, 6, 8, 8}, 0.9)},
         {"v", numbers({4, 6, 3, 3}, 0.8)},
         {"fc", numbers({5, 4}, 1.1)}},
        "def forward(self, x):\n"
        "    y = torch.conv2d(x, self.w) + self.pattern\n"
        "    y = torch.batch_norm(y, None, None, None, None, True, 0.1, "
        "1e-40, False)\n"
        "    y = torch.relu(torch.conv2d(y, self.v))\n"
        "    return torch.linear(y.mean([2, 3]), self.fc)\n");
    const auto proxies = proxies::select_proxies({"synflow_bn"});
    EvaluatorOptions options;
    options.batch_size = kBatch;
    options.minibatches = 1;
    const Evaluator evaluator =
        zcp::test::noise_evaluator(proxies, options, kShape, 5);
    return evaluator.score_model(file.path(), proxies)[0];
  };
  CHECK(score_of(1e-16).reason.find("rounding noise") != std::string::npos);
  CHECK(score_of(1).status == ScoreStatus::ok);
}
