// What the parameters of TorchScript programs are taken for.
#include <string>
#include <utility>
#include <vector>

#include "nets/networks/script_load.h"
#include "tests/nets/networks/make_script.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::networks;

namespace {

using Named = std::vector<std::pair<std::string, at::Tensor>>;

LoadedScript load(const Named& parameters, const std::string& source) {
  const zcp::test::ScriptFile file(parameters, source);
  return load_script(file.path(), at::kFloat);
}

Parameter find(const LoadedScript& loaded, const std::string& name) {
  for (const Parameter& parameter : loaded.parameters) {
    if (parameter.name == name) return parameter;
  }
  FAIL("no parameter ", name);
  return {};
}

}  // namespace

TEST_CASE("TorchScript parameters: an operator decides, not a name") {
  const LoadedScript loaded = load(
      {{"kernel", at::ones({4, 3, 1, 1})},
       {"offset", at::ones({4})},
       {"weight", at::ones({4, 2, 2})},
       {"bias", at::ones({4, 2, 2})},
       {"table", at::ones({7, 2})}},
      R"(
def forward(self, x):
    y = torch.conv2d(x, self.kernel, self.offset)
    y = torch.layer_norm(y, [4, 2, 2], self.weight, self.bias)
    return y + torch.embedding(self.table, torch.zeros([1], dtype=4))
)");
  CHECK(find(loaded, "kernel").kind == ParameterKind::conv_weight);
  CHECK(find(loaded, "offset").kind == ParameterKind::bias);
  CHECK(find(loaded, "weight").kind == ParameterKind::norm_scale);
  CHECK(find(loaded, "bias").kind == ParameterKind::norm_shift);
  CHECK(find(loaded, "table").kind == ParameterKind::other);
  CHECK(find(loaded, "kernel").in_calls);
  CHECK_FALSE(find(loaded, "table").in_calls);
  CHECK(loaded.program->computed_weights == 0);
}

TEST_CASE("TorchScript parameters: relative positions are no layer") {
  const Named tables{
      {"w", at::ones({4, 4})},
      {"rows", at::ones({5, 4})},
      {"columns", at::ones({5, 4})}};
  const auto loaded_with = [&](const std::string& factor) {
    return load(
        tables,
        "\ndef forward(self, x):\n"
        "    y = torch.linear(x, self.w)\n"
        "    places = torch.arange(3)\n"
        "    return torch.matmul(y, (" +
            factor + ").transpose(0, 1))\n");
  };
  const std::string rows = "torch.embedding(self.rows, places)";
  const std::string columns = "torch.embedding(self.columns, places)";
  // Of the rows of two tables: positions.
  const LoadedScript both = loaded_with(rows + " + " + columns);
  CHECK(both.program->computed_weights == 0);
  CHECK(find(both, "w").kind == ParameterKind::linear_weight);
  CHECK(find(both, "rows").kind == ParameterKind::other);
  // Of one alone: a weight of which a part is taken.
  CHECK(loaded_with(rows).program->computed_weights == 1);
}

TEST_CASE("TorchScript parameters: unread weights are what their class says") {
  torch::jit::Module module("net");
  const auto add = [&](const char* name,
                       const char* type,
                       at::IntArrayRef sizes) {
    torch::jit::Module part(std::string("__torch__.torch.nn.modules.") + type);
    part.register_parameter(
        "weight", at::ones(sizes).requires_grad_(true), false);
    module.register_module(name, part);
  };
  add("used", "linear.Linear", {3, 4});
  add("linear", "linear.Linear", {3, 2});
  add("conv", "conv.Conv1d", {3, 2, 5});
  add("table", "sparse.Embedding", {7, 2});
  add("bag", "sparse.EmbeddingBag", {7, 2});
  add("pairs", "linear.Bilinear", {2, 3, 3});
  add("up", "conv.ConvTranspose2d", {2, 3, 3, 3});
  module.define("def forward(self, x):\n    return x @ self.used.weight.t()\n");
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "net.pt";
  module.save(path.string());
  const LoadedScript loaded = load_script(path, at::kFloat);
  CHECK(find(loaded, "used.weight").kind == ParameterKind::linear_weight);
  CHECK(find(loaded, "linear.weight").kind == ParameterKind::linear_weight);
  CHECK(find(loaded, "conv.weight").kind == ParameterKind::conv_weight);
  CHECK(find(loaded, "table.weight").kind == ParameterKind::other);
  CHECK(find(loaded, "bag.weight").kind == ParameterKind::other);
  CHECK(find(loaded, "pairs.weight").kind == ParameterKind::other);
  CHECK(find(loaded, "up.weight").kind == ParameterKind::transposed_weight);
}

TEST_CASE("TorchScript parameters: products, parts and computed weights") {
  const LoadedScript loaded = load(
      {{"a", at::ones({3, 4})},
       {"b", at::ones({4, 3})},
       {"packed", at::ones({6, 3})},
       {"v", at::ones({4, 3})},
       {"up", at::ones({4, 3, 1, 1})}},
      R"(
def forward(self, x):
    x = x.flatten(1)
    y = torch.matmul(x, self.a) + torch.matmul(x, self.b.t())
    q, k = self.packed.chunk(2)
    z = torch.linear(x, q) + torch.linear(x, k)
    w = torch.linear(x, self.v / self.v.norm())
    return y + w + torch.conv_transpose2d(w.view([-1, 4, 1, 1]),
                                          self.up).sum() + z.sum()
)");
  CHECK(find(loaded, "a").kind == ParameterKind::linear_weight);
  CHECK_FALSE(find(loaded, "a").in_calls);  // [in, out]
  CHECK(find(loaded, "b").kind == ParameterKind::linear_weight);
  CHECK(find(loaded, "b").in_calls);
  CHECK(find(loaded, "packed").kind == ParameterKind::linear_weight);
  CHECK_FALSE(find(loaded, "packed").in_calls);
  CHECK(find(loaded, "v").kind == ParameterKind::other);
  CHECK(find(loaded, "up").kind == ParameterKind::other);
  CHECK_FALSE(find(loaded, "up").in_calls);
  CHECK(loaded.program->computed_weights == 1);
}

TEST_CASE(
    "TorchScript parameters: the fan of a weight is that of its product") {
  const LoadedScript loaded = load(
      {{"in_out", at::ones({48, 4})},
       {"left", at::ones({6, 4})},
       {"left_turned", at::ones({6, 3})},
       {"summed", at::ones({3, 5})},
       {"query", at::ones({2, 5})}},
      R"(
def forward(self, x):
    y = torch.mm(x.flatten(1), self.in_out)
    z = torch.matmul(self.left, y.t())
    z = torch.matmul(self.left_turned.t(), z)
    k = torch.einsum('dn,de->ne', [z, self.summed])
    return torch.matmul(torch.softmax(self.query * 2, 1), k.t()).t()
)");
  CHECK(find(loaded, "in_out").fan_in == 48);
  CHECK(find(loaded, "left").fan_in == 4);
  CHECK(find(loaded, "left_turned").fan_in == 6);
  CHECK(find(loaded, "summed").fan_in == -1);
  for (const char* name : {"in_out", "left", "left_turned", "summed"}) {
    CHECK(find(loaded, name).kind == ParameterKind::linear_weight);
  }
  CHECK(loaded.program->computed_weights == 1);  // the query's softmax
}

TEST_CASE("TorchScript parameters: products by way of containers and loops") {
  const at::Tensor w = at::arange(20, at::kFloat).view({4, 5}).sin();
  const at::Tensor v = at::arange(15, at::kFloat).view({5, 3}).cos();
  const auto macs_of = [&](const std::string& body) {
    const zcp::test::ScriptFile file(
        {{"w", w}, {"v", v}, {"h", at::zeros({5})}},
        "def forward(self, x):\n" + body);
    const LoadedScript loaded = load_script(file.path(), at::kFloat);
    const at::NoGradGuard no_grad;
    Recording recording;
    run_script(
        *loaded.program,
        loaded.parameters,
        at::ones({2, 4}),
        BatchNormMode::batch_statistics,
        &recording);
    std::int64_t macs = 0;
    for (const LayerCall& call : recording.calls) macs += call.macs;
    return macs;
  };
  // Two samples: 2 x 4 x 5, and 2 x 5 x 3.
  const std::int64_t both = 40 + 30;
  CHECK(macs_of("    return torch.relu(x @ self.w) @ self.v\n") == both);
  CHECK(
      macs_of("    outs = [self.h]\n"
              "    outs.append(torch.relu(x @ self.w))\n"
              "    return outs[1] @ self.v\n") == both);
  CHECK(
      macs_of("    d = {'b': self.h}\n"
              "    d['a'] = torch.relu(x @ self.w)\n"
              "    return torch.mm(d['a'], self.v)\n") == both);
  CHECK(
      macs_of("    y = torch.zeros([x.size(0), 5])\n"
              "    y[:, :5] = x @ self.w\n"
              "    return y @ self.v\n") == both);
  CHECK(
      macs_of("    y = x @ self.w\n"
              "    for i in range(2):\n"
              "        y = torch.relu(y)\n"
              "    return y @ self.v\n") == both);
  // Products that sum over last axes, with vectors, and over a batch.
  CHECK(
      macs_of("    return torch.inner(torch.relu(x @ self.w), self.v.t())\n") ==
      both);
  CHECK(macs_of("    return torch.mv(x @ self.w, self.h)\n") == 40 + 10);
  CHECK(
      macs_of("    y = (x @ self.w).unsqueeze(0)\n"
              "    return torch.addbmm(x[:, :3], y, self.v.unsqueeze(0))\n") ==
      both + 6);
}

TEST_CASE("TorchScript parameters: what is in a dict is a computed weight") {
  const zcp::test::ScriptFile file(
      {{"w", at::ones({4, 5})}, {"v", at::ones({4, 5})}},
      "def forward(self, x):\n"
      "    all = [self.w]\n"
      "    all.append(self.v)\n"
      "    return (x @ all[0]) + (x @ all[1])\n");
  const LoadedScript loaded = load_script(file.path(), at::kFloat);
  CHECK(loaded.program->computed_weights == 2);
}

TEST_CASE("TorchScript parameters: chains of products are refused") {
  const zcp::test::ScriptFile file(
      {{"w", at::ones({4, 5})}, {"v", at::ones({5, 3})}},
      "def forward(self, x):\n"
      "    return torch.linalg_multi_dot([x, self.w, self.v])\n");
  CHECK(
      zcp::test::user_error([&] {
        load_script(file.path(), at::kFloat);
      }).find("linalg_multi_dot, expected products of two") !=
      std::string::npos);
}
