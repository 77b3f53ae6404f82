#include <ATen/core/grad_mode.h>

#include <string>

#include "nets/networks/script_lifetimes.h"
#include "nets/networks/script_load.h"
#include "nets/networks/script_run.h"
#include "tests/nets/networks/make_script.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::networks;

namespace {

/// [2, 1, 1, 2]: -1 3, 5 -7.
at::Tensor four_numbers() {
  return at::tensor({-1.0F, 3.0F, 5.0F, -7.0F}).view({2, 1, 1, 2});
}

zcp::test::ScriptFile file_of(const std::string& body) {
  return {
      {{"w", 2 * at::ones({1, 1, 1, 1})}}, "def forward(self, x):\n" + body};
}

at::Tensor run_body(const std::string& body) {
  const auto file = file_of(body);
  const LoadedScript loaded = load_script(file.path(), at::kFloat);
  const at::NoGradGuard no_grad;
  return run_script(
      *loaded.program,
      loaded.parameters,
      four_numbers(),
      BatchNormMode::batch_statistics,
      nullptr);
}

}  // namespace

TEST_CASE("lifetimes of scripts: a value ends with its last reader") {
  const auto file = file_of(R"(
    y = torch.mul(x, self.w)
    z = torch.neg(y)
    if z.size(0) > 1:
        z = torch.exp(y)
    return torch.abs(z)
)");
  const LoadedScript loaded = load_script(file.path(), at::kFloat);
  const auto ends_at = [&](const char* maker) {
    const torch::jit::Value* value = nullptr;
    for (const auto* node : loaded.program->graph->block()->nodes()) {
      if (loaded.program->plans.at(node).name == maker) value = node->output();
    }
    REQUIRE(value != nullptr);
    std::string reader = "nobody";
    for (const auto& [node, plan] : loaded.program->plans) {
      for (const auto* done : plan.done_after) {
        if (done == value) reader = node->kind().toQualString();
      }
    }
    return reader;
  };
  // y is read within the branch, the absolute value returned.
  CHECK(ends_at("mul") == "prim::If");
  CHECK(ends_at("abs") == "nobody");
}

TEST_CASE("lifetimes of scripts: branches and loops read what lies outside") {
  const at::Tensor y = 2 * four_numbers();
  at::Tensor z = y + 1;
  for (int i = 0; i < 3; ++i) z = at::relu(z + y);
  CHECK(at::equal(
      run_body(R"(
    y = x * self.w
    z = y + 1
    for i in range(3):
        z = torch.relu_(z + y)
    return z
)"),
      z));
}

TEST_CASE("lifetimes of scripts: a write is seen through every other name") {
  const at::Tensor x = four_numbers();
  const at::Tensor doubled = 2 * x;
  CHECK(at::equal(
      run_body(R"(
    y = x * self.w
    z = y
    y.relu_()
    return z
)"),
      doubled.relu()));
  CHECK(at::equal(
      run_body(R"(
    y = x * self.w
    part = y[:, 0]
    torch.hardtanh_(y, -1.0, 1.0)
    return part.unsqueeze(1) + y
)"),
      2 * doubled.clamp(-1, 1)));
  CHECK(at::equal(
      run_body(R"(
    y = x * self.w
    kept = [y]
    y.add_(x)
    return kept[0] * y
)"),
      (3 * x) * (3 * x)));
  CHECK(at::equal(
      run_body(R"(
    y = x * self.w
    y.add_(x, alpha=3)
    return torch.relu_(y)
)"),
      (5 * x).relu()));
  // x itself stays: it is read again.
  CHECK(at::equal(
      run_body(R"(
    y = torch.relu_(x)
    return y + x * self.w
)"),
      3 * x.relu()));
}
