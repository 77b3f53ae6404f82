// How long values of TorchScript programs are kept.
#include <ATen/core/grad_mode.h>

#include <map>
#include <string>

#include "nets/networks/script_load.h"
#include "nets/networks/script_run.h"
#include "tests/nets/networks/make_script.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::networks;

namespace {

LoadedScript load_with_matrix(const std::string& source) {
  const test::ScriptFile file({{"w", at::ones({2, 2})}}, source);
  return load_script(file.path(), at::kFloat);
}

}  // namespace

TEST_CASE("TorchScript lifetimes: a value goes after its last reader") {
  const LoadedScript loaded = load_with_matrix(R"(
def forward(self, x):
    a = torch.linear(x, self.w)
    b = torch.tanh(a)
    c = torch.sigmoid(a)
    return b + c
)");
  std::map<std::string, const NodePlan*> plans;
  for (const auto& [node, plan] : loaded.program->plans) {
    plans[node->kind().toQualString()] = &plan;
  }
  const auto drops = [&](const char* reader, const char* made) {
    for (const auto* value : plans.at(reader)->done) {
      if (value->node()->kind() == c10::Symbol::fromQualString(made)) {
        return true;
      }
    }
    return false;
  };
  CHECK_FALSE(drops("aten::tanh", "aten::linear"));
  CHECK(drops("aten::sigmoid", "aten::linear"));
  CHECK(drops("aten::add", "aten::tanh"));
  CHECK(drops("aten::add", "aten::sigmoid"));
  CHECK_FALSE(drops("aten::add", "aten::add"));
}

TEST_CASE("TorchScript lifetimes: branches and loops read what is around") {
  // a is read in the third round of the loop, b after it, k in a branch.
  const LoadedScript loaded = load_with_matrix(R"(
def forward(self, x):
    a = torch.linear(x, self.w)
    b = a * 2
    k = a + 5
    y = x
    for i in range(3):
        if i < 2:
            c = y + 1
        else:
            c = k
        y = c * a
    return y + b
)");
  const at::NoGradGuard no_grad;
  const at::Tensor x = at::tensor({1.0F, 2.0F, 3.0F, 4.0F}).view({2, 2});
  const at::Tensor y = run_script(
      *loaded.program,
      loaded.parameters,
      x,
      BatchNormMode::batch_statistics,
      nullptr);
  const at::Tensor a = at::linear(x, at::ones({2, 2}));
  CHECK(at::equal(y, (a + 5) * a + 2 * a));
}
