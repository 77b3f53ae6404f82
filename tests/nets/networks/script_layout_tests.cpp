// TorchScript programs in float32, whose maps have channels last and whose
// BatchNorms run in sums, against float64, where LibTorch's operators run one
// by one on planes.
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <string>
#include <vector>

#include "nets/networks/script_layout.h"
#include "nets/networks/script_load.h"
#include "nets/networks/script_run.h"
#include "tests/nets/networks/make_script.h"
#include "tests/support/normal_tensor.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::networks;

namespace {

constexpr std::int64_t kChannels = 8;

/// The output and the gradients of the sum of its squares at all parameters.
struct Result {
  at::Tensor output;
  std::vector<at::Tensor> gradients;
  std::vector<at::Tensor> codes;
};

std::vector<std::pair<std::string, at::Tensor>> values() {
  return {
      {"stem", test::normal({kChannels, 3, 3, 3}, 1, at::kFloat)},
      {"w", test::normal({kChannels, kChannels, 3, 3}, 2, at::kFloat)},
      {"one", test::normal({kChannels, kChannels, 1, 1}, 3, at::kFloat)},
      {"deep", test::normal({kChannels, 1, 3, 3}, 4, at::kFloat)},
      {"b", test::normal({kChannels}, 5, at::kFloat)},
      {"scale", test::normal({kChannels}, 6, at::kFloat)},
      {"shift", test::normal({kChannels}, 7, at::kFloat)},
      {"mean", test::normal({kChannels}, 8, at::kFloat)},
      {"variance", test::normal({kChannels}, 9, at::kFloat).square() + 0.5}};
}

Result run(
    const std::string& body,
    at::ScalarType type,
    BatchNormMode mode,
    bool record) {
  const std::string source = R"(
def bn(self, x):
    return torch.batch_norm(x, self.scale, self.shift, self.mean.detach(), self.variance.detach(), False, 0.1, 1e-5, False)

def conv(self, x):
    return torch.conv2d(x, self.w, None, [1, 1], [1, 1], [1, 1], 1)

def forward(self, x):
    x = torch.conv2d(x, self.stem, self.b, [1, 1], [1, 1], [1, 1], 1)
)" + body;
  const zcp::test::ScriptFile file(values(), source);
  LoadedScript loaded = load_script(file.path(), type);
  std::vector<at::Tensor> variables;
  for (Parameter& parameter : loaded.parameters) {
    parameter.value = parameter.value.detach().requires_grad_(true);
    variables.push_back(parameter.value);
  }
  const at::AutoGradMode derives(true);
  Recording recording;
  recording.scope = {.everything = false, .codes = true};
  const at::Tensor x = test::normal({4, 3, 6, 6}, 10, at::kFloat).to(type);
  Result result;
  result.output = run_script(
      *loaded.program,
      loaded.parameters,
      x,
      mode,
      record ? &recording : nullptr);
  const at::Tensor loss = (result.output * result.output).sum();
  result.gradients =
      torch::autograd::grad({loss}, variables, {}, false, false, true);
  for (const LayerCall& call : recording.calls) {
    result.codes.push_back(call.output.detach());
  }
  return result;
}

void check_close(const at::Tensor& a, const at::Tensor& b) {
  REQUIRE(a.defined() == b.defined());
  if (!a.defined()) return;
  REQUIRE(a.sizes() == b.sizes());
  const at::Tensor exact = b.detach().to(at::kDouble);
  const double error =
      (a.detach().to(at::kDouble) - exact).abs().max().item<double>();
  CHECK(error <= 1e-4 * exact.abs().max().item<double>());
}

/// The body of a `forward` whose x is a map of 8 channels.
void check_body(const std::string& body) {
  INFO(body);
  for (const auto mode :
       {BatchNormMode::batch_statistics,
        BatchNormMode::running_statistics,
        BatchNormMode::sample_statistics,
        BatchNormMode::bypass}) {
    for (const bool record : {false, true}) {
      const Result own = run(body, at::kFloat, mode, record);
      const Result plain = run(body, at::kDouble, mode, record);
      CHECK(own.output.is_contiguous());
      check_close(own.output, plain.output);
      REQUIRE(own.gradients.size() == plain.gradients.size());
      for (std::size_t i = 0; i < own.gradients.size(); ++i) {
        check_close(own.gradients[i], plain.gradients[i]);
      }
      REQUIRE(own.codes.size() == plain.codes.size());
      for (std::size_t i = 0; i < own.codes.size(); ++i) {
        check_close(own.codes[i], plain.codes[i]);
      }
    }
  }
}

}  // namespace

TEST_CASE("layouts of scripts: residual blocks") {
  check_body(R"(
    y = torch.relu_(self.bn(self.conv(x)))
    y = self.bn(self.conv(y))
    y.add_(x)
    y = torch.relu_(y)
    z = self.bn(torch.conv2d(y, self.one))
    z += self.bn(self.conv(y))
    z = torch.relu(z)
    return torch.flatten(torch.adaptive_avg_pool2d(z, [1, 1]), 1)
)");
}

TEST_CASE("layouts of scripts: a BatchNorm that is read twice, or returned") {
  check_body(R"(
    y = self.bn(self.conv(x))
    return torch.relu(y) + self.conv(y)
)");
  check_body(R"(
    return self.bn(self.conv(x))
)");
  check_body(R"(
    return self.bn(self.conv(x)) + x
)");
}

TEST_CASE("layouts of scripts: sums that are no sums of equal maps") {
  check_body(R"(
    y = self.bn(self.conv(x))
    return torch.relu(y + torch.mean(x, [2, 3], True))
)");
  check_body(R"(
    y = self.bn(self.conv(x))
    return torch.relu(torch.add(y, x, alpha=2))
)");
  check_body(R"(
    y = self.bn(self.conv(x))
    return torch.relu(y + 1)
)");
  check_body(R"(
    y = self.bn(self.conv(x))
    return torch.relu(torch.transpose(x, 2, 3) + y)
)");
}

TEST_CASE("layouts of scripts: what is written in place has other names") {
  check_body(R"(
    y = self.bn(self.conv(x))
    z = y
    y.relu_()
    return z * 2 + self.conv(y)
)");
  check_body(R"(
    y = self.conv(x)
    part = y[:, 0]
    y.relu_()
    return y + part.unsqueeze(1)
)");
  check_body(R"(
    y = torch.relu(self.conv(x))
    flat = y.view(4, -1)
    flat.mul_(2)
    return self.conv(y)
)");
  check_body(R"(
    y = torch.hardtanh_(self.bn(self.conv(x)), 0.0, 6.0)
    z = torch.dropout(y, 0.5, True)
    z.add_(x)
    return self.conv(z) + y
)");
}

TEST_CASE("layouts of scripts: views, shuffled channels and joined ones") {
  check_body(R"(
    y = torch.relu(self.bn(self.conv(x)))
    y = y.view(4, 2, 4, 6, 6).transpose(1, 2).contiguous().view(4, 8, 6, 6)
    a, b = torch.chunk(self.conv(y), 2, 1)
    y = torch.cat([b, a], 1)
    z = torch.cat([self.bn(y), torch.relu(self.conv(y))], 1)
    return torch.max_pool2d(z, [2, 2], [2, 2], [0, 0], [1, 1], False)
)");
}

TEST_CASE("layouts of scripts: depthwise layers, gates and odd windows") {
  check_body(R"(
    y = torch.conv2d(x, self.deep, None, [2, 2], [1, 1], [1, 1], 8)
    y = torch.hardtanh_(self.bn(y), 0.0, 6.0)
    gate = torch.sigmoid(torch.conv2d(torch.adaptive_avg_pool2d(y, [1, 1]), self.one, self.b))
    y = torch.silu(y * gate)
    y = torch.conv2d(y, self.w, self.b, [2, 1], [1, 0], [1, 1], 1)
    return torch.avg_pool2d(y, [1, 1], [1, 1], [0, 0], False, True)
)");
}

TEST_CASE("layouts of scripts: branches and loops read what lies outside") {
  check_body(R"(
    y = torch.relu(self.bn(self.conv(x)))
    z = self.bn(self.conv(y))
    if z.size(0) > 2:
        z = z.view(4, 8, 36).view(4, 8, 6, 6) + y
    for i in range(2):
        z = torch.relu(self.conv(z) + y)
    return z
)");
}

TEST_CASE("layouts of scripts: plans tell who reads what") {
  const zcp::test::ScriptFile file(values(), R"(
def forward(self, x):
    y = torch.conv2d(x, self.stem, self.b, [1, 1], [1, 1], [1, 1], 1)
    z = torch.batch_norm(y, self.scale, self.shift, self.mean.detach(), self.variance.detach(), False, 0.1, 1e-5, False)
    z = torch.relu(z)
    return z.view(4, -1)
)");
  const LoadedScript loaded = load_script(file.path(), at::kFloat);
  CHECK(loaded.program->input_channels_last);
  int seen = 0;
  for (const auto& [node, plan] : loaded.program->plans) {
    if (plan.name == "conv2d") {
      CHECK(plan.channels_last);
      ++seen;
    } else if (plan.name == "batch_norm") {
      CHECK(plan.channels_last);
      CHECK(plan.read_by_sum);
      // The last that reads y.
      CHECK_FALSE(plan.done_after.empty());
      ++seen;
    } else if (plan.name == "relu") {
      CHECK_FALSE(plan.channels_last);  // view() needs planes
      CHECK_FALSE(plan.read_by_sum);
      ++seen;
    }
  }
  CHECK(seen == 3);
}
