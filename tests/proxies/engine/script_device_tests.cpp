// A TorchScript file on a device: what it holds, buffers and constants too,
// goes there with it.
#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

#include "proxies/engine/evaluator.h"
#include "proxies/registry.h"
#include "tests/proxies/engine/counting_device.h"
#include "tests/proxies/engine/noise_evaluator.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::engine;

namespace {

constexpr int kBatch = 4;
const Shape kShape{3, 8, 8};

at::Tensor pattern(at::IntArrayRef sizes) {
  const std::int64_t count = c10::multiply_integers(sizes);
  return at::linspace(-1, 1, count).mul(7).sin().view(sizes);
}

/// A convolution, a BatchNorm with buffers, a padded average pool, a linear
/// layer, and a tensor that the file makes on the processor. `more` is done to
/// the maps `y` at the end.
void save_network(
    const std::filesystem::path& path,
    const std::string& more = "") {
  torch::jit::Module module("net");
  const auto parameter = [&](const char* name, const at::Tensor& value) {
    module.register_parameter(name, value.clone().requires_grad_(true), false);
  };
  parameter("w", pattern({6, 3, 3, 3}));
  parameter("scale", at::ones({6}));
  parameter("shift", pattern({6}));
  parameter("out", pattern({10, 6}));
  module.register_buffer("mean", at::zeros({6}));
  module.register_buffer("variance", at::ones({6}));
  module.define(
      R"(
    def forward(self, x):
        y = torch.conv2d(x, self.w, None, [1, 1], [1, 1])
        y = torch.batch_norm(y, self.scale, self.shift, self.mean,
                             self.variance, True, 0.1, 0.00001, False)
        y = torch.avg_pool2d(torch.relu(y), [3, 3], [1, 1], [1, 1], False, False)
        y = y + torch.zeros([6, 1, 1], device=torch.device("cpu"))
        )" +
      more + "\n        return torch.linear(y.mean([2, 3]), self.out)\n");
  module.save(path.string());
}

/// Of the file, on a device or the processor, in float64.
std::vector<Score> scores_on(
    const std::string& device,
    const std::filesystem::path& path,
    const std::vector<const Descriptor*>& which) {
  EvaluatorOptions options;
  options.batch_size = kBatch;
  options.device = device;
  options.precision = "fp64";
  const Evaluator evaluator =
      zcp::test::noise_evaluator(which, options, kShape, 10);
  test::audit() = {};
  return evaluator.score_model(path, which);
}

}  // namespace

TEST_CASE("a TorchScript file scores on a device as on the processor") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "net.pt";
  save_network(path);
  const auto which = proxies::select_proxies({"suite-zero", "zico"});
  const auto here = scores_on("cpu", path, which);
  const auto there = scores_on("privateuseone:0", path, which);
  CHECK(test::audit().launches["norm_moments"] > 0);
  for (const std::string& name : test::audit().mixed) FAIL_CHECK(name);
  REQUIRE(here.size() == which.size());
  int scored = 0;
  for (std::size_t i = 0; i < which.size(); ++i) {
    CAPTURE(which[i]->name);
    CAPTURE(there[i].reason);
    REQUIRE(there[i].status == here[i].status);
    if (here[i].status != ScoreStatus::ok) continue;
    ++scored;
    CHECK(there[i].value == doctest::Approx(here[i].value).epsilon(1e-9));
  }
  // zen looks for a global pool, not a mean; epe_nas for a class of two.
  CHECK(scored == 12);
}

TEST_CASE("NaN in the output is told on a device, too") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "net.pt";
  save_network(path, "y = torch.log(y - 1000.0)");
  const auto which = proxies::select_proxies({"naswot", "swap", "meco"});
  for (const char* device : {"cpu", "privateuseone:0"}) {
    CAPTURE(device);
    for (const Score& score : scores_on(device, path, which)) {
      CHECK(score.status == ScoreStatus::degenerate);
      CHECK(score.reason == "the network's output holds NaN");
    }
  }
}
