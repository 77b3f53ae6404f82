// Passes of TorchScript programs.
#include <stdexcept>
#include <vector>

#include "nets/networks/script_load.h"
#include "nets/networks/script_run.h"
#include "tests/nets/networks/make_script.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::networks;

namespace {

at::Tensor run_source(
    const std::string& source,
    const at::Tensor& x,
    Recording* recording = nullptr,
    BatchNormMode mode = BatchNormMode::batch_statistics) {
  const zcp::test::ScriptFile file(
      {{"w", at::ones({1, 1, 1, 1})},
       {"scale", at::ones({1})},
       {"shift", at::zeros({1})},
       {"mean", at::ones({1})},
       {"variance", 4 * at::ones({1})}},
      source);
  const LoadedScript loaded = load_script(file.path(), at::kFloat);
  const at::NoGradGuard no_grad;
  return run_script(*loaded.program, loaded.parameters, x, mode, recording);
}

/// [2, 1, 1, 2]: 1 3, 5 7.
at::Tensor four_numbers() {
  return at::tensor({1.0F, 3.0F, 5.0F, 7.0F}).view({2, 1, 1, 2});
}

}  // namespace

TEST_CASE("TorchScript runs: in-place operators leave the input as it is") {
  const at::Tensor x = four_numbers();
  const at::Tensor y = run_source(
      R"(
def forward(self, x):
    y = x
    x.add_(1)
    return y * 2
)",
      x);
  // y is another name of x.
  CHECK(at::equal(y, 2 * (four_numbers() + 1)));
  CHECK(at::equal(x, four_numbers()));
}

TEST_CASE("TorchScript runs: branches, loops and tuples") {
  const at::Tensor x = four_numbers();
  const at::Tensor y = run_source(
      R"(
def forward(self, x):
    if x.dim() == 4:
        y = x + 1
    else:
        y = x
    for i in range(3):
        y = y * 2
    return (x, y)
)",
      x);
  CHECK(at::equal(y, 8 * (x + 1)));
  CHECK_THROWS_AS(
      run_source("def forward(self, x):\n    return 3\n", x),
      std::invalid_argument);
  CHECK_THROWS_AS(
      run_source("def forward(self, x, y):\n    return x\n", x),
      std::invalid_argument);
}

TEST_CASE("TorchScript runs: the modes of BatchNorm") {
  const std::string source = R"(
def forward(self, x):
    return torch.batch_norm(x, self.scale, self.shift, self.mean,
                            self.variance, True, 0.1, 0.0, False)
)";
  const at::Tensor x = four_numbers();
  const auto run = [&](BatchNormMode mode) {
    return run_source(source, x, nullptr, mode);
  };
  // Mean 4 and variance 5 of the batch; the module's own are 1 and 4.
  CHECK(at::allclose(
      run(BatchNormMode::batch_statistics), (x - 4) / std::sqrt(5.0)));
  CHECK(at::allclose(run(BatchNormMode::running_statistics), (x - 1) / 2));
  CHECK(at::equal(run(BatchNormMode::bypass), x));
  CHECK(at::allclose(
      run(BatchNormMode::sample_statistics),
      at::tensor({-1.0F, 1.0F, -1.0F, 1.0F}).view({2, 1, 1, 2})));
}

TEST_CASE("TorchScript runs: a convolution's windows, axis by axis") {
  Recording recording;
  run_source(
      R"(
def forward(self, x):
    return torch.conv2d(x, self.w, None, [1, 2], [3, 4], [5, 6])
)",
      four_numbers(),
      &recording);
  REQUIRE(recording.calls.size() == 1);
  const LayerCall& call = recording.calls[0];
  CHECK(call.kind == LayerKind::conv);
  CHECK(call.weight >= 0);
  CHECK(call.groups == 1);
  REQUIRE(call.windows.size() == 2);
  CHECK(call.windows[0] == Window{1, 1, 3, 5});
  CHECK(call.windows[1] == Window{1, 2, 4, 6});
  CHECK(call.along_axes(&Window::padding) == std::vector<std::int64_t>{3, 4});
}
