// How maps lie in memory and which nodes run together changes no score of a
// TorchScript file beyond rounding.
#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>

#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "nets/networks/script_load.h"
#include "proxies/engine/evaluator.h"
#include "proxies/registry.h"
#include "tests/nets/networks/make_script.h"
#include "tests/proxies/engine/noise_evaluator.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::engine;
using zcp::test::numbers;
using namespace zcp::proxies;

namespace {

constexpr int kBatch = 6;
const Shape kShape{3, 8, 8};

std::string norm(const std::string& name, const std::string& x) {
  return "torch.batch_norm(" + x + ", self.s" + name + ", self.t" + name +
         ", None, None, True, 0.1, 1e-5, False)";
}

/// A residual block, a depthwise convolution with ReLU6, a pool. `first` is a
/// line of its own at the beginning.
test::ScriptFile network(const std::string& first) {
  std::vector<std::pair<std::string, at::Tensor>> parameters{
      {"stem", numbers({8, 3, 3, 3}, 0.7)},
      {"sa", 1 + 0.3 * numbers({8}, 0.3)},
      {"ta", 0.2 * numbers({8}, 0.4)},
      {"w", 0.3 * numbers({8, 8, 3, 3}, 1.3)},
      {"sb", 1 + 0.3 * numbers({8}, 0.5)},
      {"tb", 0.2 * numbers({8}, 0.6)},
      {"each", numbers({8, 1, 3, 3}, 0.4)},
      {"sc", 1 + 0.3 * numbers({8}, 0.7)},
      {"tc", 0.2 * numbers({8}, 0.8)},
      {"fc", numbers({5, 8}, 1.1)},
      {"bias", numbers({5}, 0.9)}};
  return {
      parameters,
      "def forward(self, x):\n" + first + "    y = torch.relu_(" +
          norm("a", "torch.conv2d(x, self.stem, None, [1], [1])") + ")\n" +
          "    z = " + norm("b", "torch.conv2d(y, self.w, None, [1], [1])") +
          "\n"
          "    z.add_(y)\n"
          "    z = torch.relu_(z)\n"
          "    u = torch.conv2d(z, self.each, None, [1], [1], [1], 8)\n"
          "    u = torch.hardtanh_(" +
          norm("c", "u") +
          ", 0.0, 6.0)\n"
          "    u = torch.avg_pool2d(u, [2, 2])\n"
          "    u = torch.adaptive_avg_pool2d(u, [1, 1]).flatten(1)\n"
          "    return torch.linear(u, self.fc, self.bias)\n"};
}

std::map<std::string, Score> scores_of(
    const test::ScriptFile& file,
    const std::vector<std::string>& names,
    const std::string& precision) {
  const auto proxies = select_proxies(names);
  EvaluatorOptions options;
  options.batch_size = kBatch;
  options.minibatches = 4;
  options.precision = precision;
  const auto scores = zcp::test::noise_evaluator(proxies, options, kShape, 5)
                          .score_model(file.path(), proxies);
  std::map<std::string, Score> named;
  for (std::size_t i = 0; i < proxies.size(); ++i) {
    named[std::string(proxies[i]->name)] = scores[i];
  }
  return named;
}

/// Every score of the one file, compared with that of the other.
void compare(
    const std::vector<std::string>& names,
    const std::string& precision,
    double tolerance) {
  const test::ScriptFile fast = network("");
  // x is what it was, but the program has asked how it lies in memory.
  const test::ScriptFile plain = network("    x = x + 0 * x.stride(3)\n");
  CHECK(networks::load_script(fast.path(), at::kFloat).program->channels_last);
  CHECK_FALSE(
      networks::load_script(plain.path(), at::kFloat).program->channels_last);
  const auto found = scores_of(fast, names, precision);
  const auto expected = scores_of(plain, names, precision);
  for (const auto& [name, score] : expected) {
    CAPTURE(name);
    CAPTURE(score.reason);
    CAPTURE(found.at(name).reason);
    CHECK(found.at(name).status == score.status);
    if (score.status != ScoreStatus::ok) continue;
    CHECK(
        found.at(name).value ==
        doctest::Approx(score.value).epsilon(tolerance));
  }
}

}  // namespace

TEST_CASE("layouts: every proxy in float64 is that of plain operators") {
  compare({"all"}, "fp64", 1e-8);
}

TEST_CASE("layouts: smooth proxies in float32 are those of plain operators") {
  // Codes of activations may differ by a bit where a number is nearly 0.
  compare(
      {"params",
       "macs",
       "l2_norm",
       "grad_norm",
       "grad_norm_total",
       "snip",
       "fisher",
       "synflow",
       "logsynflow",
       "synflow_bn",
       "zico",
       "zen",
       "grasp",
       "ntk_trace",
       "stable_rank"},
      "fp32",
      2e-3);
}
