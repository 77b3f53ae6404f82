// Generated TorchScript programs: run node by node they give what LibTorch's
// own interpreter gives for the module in eval mode.
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <torch/csrc/jit/serialization/import.h>

#include <random>
#include <string>
#include <vector>

#include "nets/networks/script_load.h"
#include "nets/networks/script_run.h"
#include "tests/nets/networks/make_script.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::networks;

namespace {

constexpr int kPrograms = 300;

/// Writes a forward of a few lines that keep each variable a [2, 4, 6, 6] map.
class Generator {
 public:
  explicit Generator(unsigned seed) : engine_(seed) {}

  std::string forward() {
    lines_ = "def forward(self, x):\n";
    line(1, "v0 = torch.conv2d(x, self.first, None, [1, 1], [1, 1])");
    variables_ = 1;
    const int count = 3 + below(9);
    for (int i = 0; i < count; ++i) statement(1);
    line(1, "y = torch.flatten(" + any() + ".mean([2, 3]), 1)");
    line(1, "return torch.linear(y, self.head, self.bias)");
    return lines_;
  }

 private:
  int below(int bound) {
    return static_cast<int>(engine_() % static_cast<unsigned>(bound));
  }

  std::string any() { return fmt::format("v{}", below(variables_)); }

  void line(int depth, const std::string& text) {
    lines_ += std::string(static_cast<std::size_t>(depth) * 4, ' ') + text;
    lines_ += '\n';
  }

  /// An expression that makes a new map.
  std::string map() {
    switch (below(9)) {
      case 0:
        return fmt::format(
            "torch.conv2d({}, self.w, self.b, [1, 1], 'same')", any());
      case 1:
        return fmt::format(
            "torch.batch_norm({}, self.scale, self.shift, self.mean, "
            "self.variance, False, 0.1, 0.001, False)",
            any());
      case 2:
        return fmt::format("torch.relu({})", any());
      case 3:
        return fmt::format("{} + {}", any(), any());
      case 4:
        // No dropout: LibTorch's optimiser takes its result for a copy, which
        // in evaluation it is not.
        return fmt::format("torch.clamp({}, -1, 2)", any());
      case 5:
        return fmt::format("torch.cat({}.chunk(2, 1), 1)", any());
      case 6:
        return fmt::format("{}.transpose(2, 3)", any());
      case 7:
        return fmt::format("[{}, {}][{}]", any(), any(), below(2));
      default:
        return fmt::format("torch.sigmoid({}) * {}", any(), any());
    }
  }

  /// A statement that writes into a map or a part of it.
  std::string write() {
    switch (below(8)) {
      case 6:
        return fmt::format("{}.detach()[:, {}].add_(0.5)", any(), below(4));
      case 7:
        return fmt::format("{}.data.mul_(0.5)", any());
      case 0:
        return fmt::format("{}.relu_()", any());
      case 1:
        return fmt::format("{}.add_({})", any(), any());
      case 2:
        return fmt::format("{}.select(1, {}).mul_(0.5)", any(), below(4));
      case 3:
        return fmt::format("{}.view([2, 24, 6]).neg_()", any());
      case 4:
        return fmt::format("{}[:, {}] = 0.25", any(), below(4));
      default:
        return fmt::format("{}.slice(3, 1, 4).copy_(self.mean[0])", any());
    }
  }

  void statement(int depth) {
    switch (below(10)) {
      case 0:
        if (depth > 2) return;
        line(depth, fmt::format("if {}.sum() > 0:", any()));
        line(depth + 1, fmt::format("{} = {}", any(), map()));
        line(depth, "else:");
        line(depth + 1, write());
        return;
      case 1:
        if (depth > 2) return;
        line(depth, fmt::format("for i{} in range({}):", depth, 1 + below(3)));
        line(depth + 1, fmt::format("{} = {}", any(), map()));
        line(depth + 1, write());
        return;
      case 2:
        return line(depth, fmt::format("print({}.size(0), 'maps')", any()));
      case 3:
      case 4:
      case 5:
        return line(depth, write());
      default:
        line(depth, fmt::format("v{} = {}", variables_, map()));
        ++variables_;
    }
  }

  std::mt19937 engine_;
  std::string lines_;
  int variables_ = 0;
};

using Named = std::vector<std::pair<std::string, at::Tensor>>;

Named parameters() {
  return {
      {"first", at::linspace(-1, 1, 108).view({4, 3, 3, 3})},
      {"w", at::linspace(-0.5, 0.6, 64).view({4, 4, 2, 2})},
      {"b", at::linspace(-1, 1, 4)},
      {"scale", at::linspace(0.5, 1.5, 4)},
      {"shift", at::linspace(-0.1, 0.2, 4)},
      {"mean", at::linspace(-1, 1, 4)},
      {"variance", at::linspace(1, 2, 4)},
      {"head", at::linspace(-1, 1, 40).view({10, 4})},
      {"bias", at::linspace(0, 1, 10)}};
}

}  // namespace

TEST_CASE("generated TorchScript programs compute what LibTorch computes") {
  const at::Tensor x = at::linspace(-2, 3, 216).view({2, 3, 6, 6});
  const at::Tensor before = x.clone();
  const at::NoGradGuard no_grad;
  int compared = 0;
  for (unsigned seed = 0; seed < kPrograms; ++seed) {
    const std::string source = Generator(seed).forward();
    CAPTURE(source);
    const zcp::test::ScriptFile file(parameters(), source);
    const LoadedScript loaded = load_script(file.path(), at::kFloat);
    at::Tensor expected;
    try {
      torch::jit::Module module = torch::jit::load(file.path().string());
      module.eval();
      expected = module.forward({x.clone()}).toTensor();
    } catch (const std::exception&) {
      continue;  // such as a view of memory that is not in one piece
    }
    Recording recording;
    const at::Tensor found = run_script(
        *loaded.program,
        loaded.parameters,
        x,
        BatchNormMode::running_statistics,
        &recording);
    CHECK(at::allclose(found, expected, 1e-5, 1e-6, true));
    CHECK(recording.calls.size() >= 2);
    ++compared;
  }
  CHECK(at::equal(x, before));
  CHECK(compared > kPrograms / 2);
}
