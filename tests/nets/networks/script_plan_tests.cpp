// What nodes of TorchScript programs are taken for.
#include <map>
#include <string>

#include "nets/kernels/device_arithmetic.h"
#include "nets/networks/script_load.h"
#include "nets/networks/script_plan.h"
#include "tests/nets/networks/make_script.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::networks;

TEST_CASE("TorchScript plans: layers, what is live, and dropout") {
  const zcp::test::ScriptFile file(
      {{"w", at::ones({4, 3, 1, 1})}, {"v", at::ones({5, 4})}},
      R"(
def forward(self, x):
    unread = torch.tanh(x)
    y = torch.conv2d(x, self.w)
    y = torch.relu_(y)
    y = torch.dropout(y, 0.5, True)
    y = torch.adaptive_avg_pool2d(y, [1, 1])
    return torch.linear(torch.flatten(y, 1), self.v)
)");
  const LoadedScript loaded = load_script(file.path(), at::kFloat);
  std::map<std::string, NodePlan> by_name;
  for (const auto& [node, plan] : loaded.program->plans) {
    by_name[node->kind().toQualString()] = plan;
  }
  const auto plan_of = [&](const char* name) {
    REQUIRE(by_name.contains(name));
    return by_name.at(name);
  };
  CHECK(plan_of("aten::conv2d").kind == LayerKind::conv);
  CHECK(plan_of("aten::conv2d").recorded);
  CHECK(plan_of("aten::conv2d").live);
  CHECK(plan_of("aten::relu_").kind == LayerKind::relu);
  CHECK(plan_of("aten::relu_").in_place);
  CHECK(plan_of("aten::relu_").uses == 1);
  CHECK(plan_of("aten::adaptive_avg_pool2d").kind == LayerKind::pool);
  CHECK(plan_of("aten::linear").kind == LayerKind::linear);
  CHECK_FALSE(plan_of("aten::flatten").recorded);
  CHECK(plan_of("aten::dropout").treatment == Treatment::dropout);
  if (by_name.contains("aten::tanh")) {
    CHECK(plan_of("aten::tanh").kind == LayerKind::bounded_activation);
    CHECK_FALSE(plan_of("aten::tanh").live);
  }
  REQUIRE(loaded.program->notes.size() == 1);
  CHECK(loaded.program->notes[0] == "dropout switched off (1 layers)");
}

TEST_CASE("what is appended to a list that is read is live") {
  const zcp::test::ScriptFile file(
      {{"w", at::ones({4, 3, 1, 1})}, {"v", at::ones({5, 7})}},
      R"(
def forward(self, x):
    parts = [x]
    parts.append(torch.relu(torch.conv2d(x, self.w)))
    return torch.linear(torch.cat(parts, 1).mean([2, 3]), self.v)
)");
  const LoadedScript loaded = load_script(file.path(), at::kFloat);
  int live = 0;
  for (const auto& [node, plan] : loaded.program->plans) {
    const std::string name = node->kind().toQualString();
    if (name == "aten::relu" || name == "aten::conv2d") live += plan.live;
  }
  CHECK(live == 2);
}

// A trace made where PyTorch rounds float32 products keeps that in each of its
// convolutions: on an H200 grad_norm of such a file differed by 5e-4.
TEST_CASE("convolutions of traces compute as this process is set") {
  const zcp::test::ScriptFile file(
      {{"w", at::ones({4, 3, 1, 1})}, {"v", at::ones({5, 4})}},
      R"(
def forward(self, x):
    y = torch._convolution(x, self.w, None, [1, 1], [0, 0], [1, 1], False, [0, 0], 1, True, False, False, True)
    return torch.linear(torch.mean(y, [2, 3]), self.v)
)");
  const LoadedScript loaded = load_script(file.path(), at::kFloat);
  std::map<std::size_t, bool> settings;
  for (const auto& [node, plan] : loaded.program->plans) {
    if (plan.kind != LayerKind::conv) continue;
    for (const auto& [place, value] : plan.replaced) {
      settings[place] = value.toBool();
    }
  }
  // benchmark, deterministic, cudnn_enabled, allow_tf32
  const bool tf32 = kernels::rounds_float32_products();
  CHECK(
      settings == std::map<std::size_t, bool>{
                      {9, false}, {10, true}, {11, true}, {12, tf32}});
}

TEST_CASE("TorchScript plans: a hardtanh is a ReLU where it begins at 0") {
  const auto kind = [](const std::string& bounds) {
    const zcp::test::ScriptFile file(
        {{"w", at::ones({1})}},
        "def forward(self, x):\n    return torch.hardtanh(x * self.w" + bounds +
            ")\n");
    const LoadedScript loaded = load_script(file.path(), at::kFloat);
    for (const auto& [node, plan] : loaded.program->plans) {
      if (plan.name == "hardtanh") return plan.kind;
    }
    return LayerKind::other;
  };
  CHECK(kind(", 0., 6.") == LayerKind::relu);  // a scripted ReLU6
  CHECK(kind(", 0, 6") == LayerKind::relu);
  CHECK(kind("") == LayerKind::bounded_activation);
  CHECK(kind(", 0.2, 6.") == LayerKind::bounded_activation);
}

TEST_CASE("TorchScript plans: the ReLUs of a chosen output alone are live") {
  const auto live = [](const std::string& returned, const std::string& output) {
    const zcp::test::ScriptFile file(
        {{"w", at::ones({5, 4})}},
        "def forward(self, x):\n"
        "    a = torch.relu(torch.linear(x, self.w))\n"
        "    b = torch.relu(torch.linear(x, self.w))\n    return " +
            returned + "\n");
    const LoadedScript loaded =
        load_script(file.path(), at::kFloat, {.output = output});
    int count = 0;
    for (const auto& [node, plan] : loaded.program->plans) {
      if (plan.kind == LayerKind::relu && plan.live) ++count;
    }
    return count;
  };
  CHECK(live("a, b", "0") == 1);
  CHECK(live("{'a': a, 'b': b}", "b") == 1);
  CHECK(live("a, (a, a + b)", "1.0") == 1);
  CHECK(live("a, (a, a + b)", "1.1") == 2);
}

TEST_CASE("what is written through another view of a tensor is live") {
  for (const std::string view :
       {"y.reshape([-1])",
        "y.unflatten(1, [5, 1])",
        "y.expand([2, 5])",
        "y.unbind(0)[0]",
        "y.view_as(y)",
        "y.movedim(0, 1)"}) {
    CAPTURE(view);
    const zcp::test::ScriptFile file(
        {{"w", at::ones({5, 4})}},
        "def forward(self, x):\n"
        "    y = torch.linear(x, self.w)\n    part = " +
            view + "\n    part.copy_(torch.relu(part))\n    return y\n");
    const LoadedScript loaded = load_script(file.path(), at::kFloat);
    for (const auto& [node, plan] : loaded.program->plans) {
      if (plan.kind == LayerKind::relu) CHECK(plan.live);
    }
  }
}
