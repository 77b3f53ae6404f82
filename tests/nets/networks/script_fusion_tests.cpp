// Nodes of TorchScript programs that run together, channels last.
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "nets/networks/script_load.h"
#include "nets/networks/script_run.h"
#include "tests/nets/networks/make_script.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::networks;

namespace {

at::Tensor numbers(at::IntArrayRef sizes, double step) {
  const std::int64_t count = c10::multiply_integers(sizes);
  return (at::arange(count, at::kDouble) * step).sin().view(sizes);
}

using Named = std::vector<std::pair<std::string, at::Tensor>>;

/// Weights of convolutions 3 -> 8, 8 -> 8 and depthwise ones, and BatchNorms
/// of 8 channels.
Named residual_parameters() {
  Named all{
      {"stem", numbers({8, 3, 3, 3}, 0.7)},
      {"w", numbers({8, 8, 3, 3}, 1.3)},
      {"one", numbers({8, 8, 1, 1}, 0.9)},
      {"each", numbers({8, 1, 3, 3}, 0.4)},
      {"fc", numbers({5, 8}, 1.1)}};
  for (const char* name : {"a", "b", "c", "d"}) {
    const double step = 0.3 + 0.1 * (name[0] - 'a');
    all.emplace_back(std::string("s") + name, 1 + 0.3 * numbers({8}, step));
    all.emplace_back(std::string("t") + name, 0.2 * numbers({8}, 2 * step));
  }
  for (auto& [name, value] : all) value = value.to(at::kFloat);
  return all;
}

/// BatchNorm `name` of x.
std::string norm_line(const std::string& name, const std::string& x) {
  return "torch.batch_norm(" + x + ", self.s" + name + ", self.t" + name +
         ", None, None, True, 0.1, 1e-5, False)";
}

/// A residual block with a shortcut of its own, a block of depthwise
/// convolutions with ReLU6, a pool, a plain sum.
std::string residual_network() {
  return "def forward(self, x):\n"
         "    y = torch.conv2d(x, self.stem, None, [2, 2], [1, 1])\n"
         "    y = torch.relu_(" +
         norm_line("a", "y") +
         ")\n"
         "    z = " +
         norm_line("b", "torch.conv2d(y, self.w, None, [1], [1])") +
         "\n"
         "    s = " +
         norm_line("c", "torch.conv2d(y, self.one)") +
         "\n"
         "    z = z.add_(s)\n"
         "    z = torch.relu_(z)\n"
         "    u = torch.conv2d(z, self.each, None, [1], [1], [1], 8)\n"
         "    u = torch.hardtanh_(" +
         norm_line("d", "u") +
         ", 0.0, 1.5)\n"
         "    u = z + " +
         norm_line("a", "torch.conv2d(u, self.one)") +
         "\n"
         "    u = torch.avg_pool2d(u, [2, 2])\n"
         "    v = u.view([u.size(0), 2, 4, u.size(2), u.size(3)])\n"
         "    u = torch.cat([v.transpose(1, 2).reshape(u.size()), u], 1)\n"
         "    u = u.slice(1, 4, 12).mean([2, 3])\n"
         "    return torch.linear(u, self.fc)\n";
}

LoadedScript load_fused(const std::string& source, at::ScalarType type) {
  const test::ScriptFile file(residual_parameters(), source);
  return load_script(file.path(), type);
}

/// The same program with maps laid out as planes, by LibTorch's operators.
LoadedScript as_planes(const LoadedScript& loaded) {
  auto program = std::make_shared<ScriptProgram>(*loaded.program);
  program->channels_last = false;
  return {program, loaded.parameters};
}

/// The logits, the gradients of a function of them at the input and at all
/// parameters, and those of a function of these gradients.
std::vector<at::Tensor>
results(const LoadedScript& loaded, at::ScalarType type, RecordingScope scope) {
  const at::Tensor x =
      numbers({6, 3, 16, 16}, 0.11).to(type).requires_grad_(true);
  std::vector<at::Tensor> variables{x};
  for (const Parameter& parameter : loaded.parameters) {
    variables.push_back(parameter.value.requires_grad_(true));
  }
  Recording recording;
  recording.scope = scope;
  const at::Tensor y = run_script(
      *loaded.program,
      loaded.parameters,
      x,
      BatchNormMode::batch_statistics,
      &recording);
  const at::Tensor factors = numbers(y.sizes(), 0.5).to(type);
  std::vector<at::Tensor> all{y};
  const auto first = torch::autograd::grad(
      {(y * factors + y.pow(2)).sum()}, variables, {}, true, true, true);
  at::Tensor total;
  for (const at::Tensor& gradient : first) {
    if (!gradient.defined()) continue;
    all.push_back(gradient);
    const at::Tensor one = gradient.pow(2).sum();
    total = total.defined() ? total + one : one;
  }
  for (at::Tensor& one :
       torch::autograd::grad({total}, variables, {}, {}, false, true)) {
    if (one.defined()) all.push_back(std::move(one));
  }
  for (at::Tensor& one : all) one = one.detach();
  return all;
}

double relative_distance(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor wide = b.to(at::kDouble);
  return ((a.to(at::kDouble) - wide).norm() / (wide.norm() + 1e-3))
      .item<double>();
}

int fused_groups(const LoadedScript& loaded) {
  const auto& plans = loaded.program->plans;
  return static_cast<int>(std::ranges::count_if(
      plans, [](const auto& entry) { return entry.second.fused != nullptr; }));
}

int deferred_nodes(const LoadedScript& loaded) {
  const auto& plans = loaded.program->plans;
  return static_cast<int>(std::ranges::count_if(
      plans, [](const auto& entry) { return entry.second.deferred; }));
}

const RecordingScope kCodes{.everything = false, .codes = true};

/// A program whose second line may or may not be fused.
std::string with_line(const std::string& line) {
  return "def forward(self, x):\n"
         "    c = torch.conv2d(x, self.stem)\n"
         "    y = " +
         norm_line("a", "c") + "\n" + line +
         "    return torch.linear(y.mean([2, 3]), self.fc)\n";
}

}  // namespace

TEST_CASE("TorchScript fusion: BatchNorm, sum and ReLU run together") {
  const LoadedScript loaded = load_fused(residual_network(), at::kFloat);
  CHECK(loaded.program->channels_last);
  // conv-norm-relu, norm+norm-relu, norm-relu6, map+norm.
  CHECK(fused_groups(loaded) == 4);
  CHECK(deferred_nodes(loaded) == 1 + 3 + 1 + 1);
}

TEST_CASE("TorchScript fusion: what somebody else reads is not fused") {
  CHECK(
      fused_groups(
          load_fused(with_line("    y = torch.relu(y)\n"), at::kFloat)) == 1);
  for (const std::string line :
       {"    y = torch.relu(y) + torch.sigmoid(y)\n",
        "    y = torch.relu(y) * y.sum()\n",
        "    y = torch.add(y, c, alpha=2)\n",
        "    y = torch.hardtanh(y, -1.0, 1.0)\n",
        "    y = torch.hardtanh(y, 0.5, 1.0)\n",
        "    y = y + 1\n",
        // What the BatchNorm reads is written into before the sum.
        "    c.mul_(2)\n    y = torch.relu(y) + c\n"}) {
    CAPTURE(line);
    CHECK(fused_groups(load_fused(with_line(line), at::kFloat)) == 0);
  }
}

TEST_CASE("TorchScript fusion: the results are those of single operators") {
  const auto wide = load_fused(residual_network(), at::kDouble);
  const auto expected = results(as_planes(wide), at::kDouble, kCodes);
  SUBCASE("in float64, channels last") {
    const auto found = results(wide, at::kDouble, kCodes);
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      CAPTURE(i);
      CHECK(relative_distance(found[i], expected[i]) < 1e-12);
    }
  }
  SUBCASE("in float32, fused and not") {
    const auto single = load_fused(residual_network(), at::kFloat);
    for (const RecordingScope& scope : {kCodes, RecordingScope{}}) {
      const auto found = results(single, at::kFloat, scope);
      REQUIRE(found.size() == expected.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        CAPTURE(i);
        CHECK(found[i].sizes() == expected[i].sizes());
        CHECK(relative_distance(found[i], expected[i]) < 1e-4);
      }
    }
  }
}

TEST_CASE("TorchScript fusion: observers see the same layers") {
  const LoadedScript loaded = load_fused(residual_network(), at::kFloat);
  const at::Tensor x = numbers({6, 3, 16, 16}, 0.11).to(at::kFloat);
  const RecordingScope scope{
      .everything = false, .codes = true, .layers = true, .variances = true};
  const auto record = [&](const LoadedScript& one) {
    Recording recording;
    recording.scope = scope;
    run_script(
        *one.program,
        one.parameters,
        x,
        BatchNormMode::batch_statistics,
        &recording);
    std::ranges::stable_sort(
        recording.calls, {}, [](const LayerCall& call) { return call.kind; });
    return recording.calls;
  };
  const auto expected = record(as_planes(loaded));
  const auto found = record(loaded);
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    CAPTURE(i);
    const LayerCall& a = found[i];
    const LayerCall& b = expected[i];
    REQUIRE(a.kind == b.kind);
    CHECK(a.weight == b.weight);
    CHECK(a.macs == b.macs);
    CHECK(a.uses == b.uses);
    CHECK(a.live == b.live);
    if (a.kind == LayerKind::batch_norm) {
      CHECK(relative_distance(a.batch_variance, b.batch_variance) < 1e-5);
    } else {
      CHECK(relative_distance(a.output, b.output) < 1e-5);
    }
  }
}

TEST_CASE("TorchScript fusion: tensors that do not allow it run one by one") {
  // A term that is broadcast, and maps of one axis.
  const std::string broadcast =
      with_line("    y = torch.relu(y + c.mean([2, 3], True))\n");
  const LoadedScript loaded = load_fused(broadcast, at::kFloat);
  CHECK(fused_groups(loaded) == 1);
  const auto expected = results(as_planes(loaded), at::kFloat, kCodes);
  const auto found = results(loaded, at::kFloat, kCodes);
  for (std::size_t i = 0; i < found.size(); ++i) {
    CAPTURE(i);
    CHECK(relative_distance(found[i], expected[i]) < 1e-4);
  }
}

TEST_CASE("TorchScript layouts: what counts batches writes no map") {
  const LoadedScript loaded = load_fused(
      with_line(
          "    self.ta.add_(1)\n    y = torch.relu_(y) + self.ta.sum()\n"),
      at::kFloat);
  CHECK(loaded.program->channels_last);
  CHECK(fused_groups(loaded) == 1);
}

TEST_CASE("TorchScript layouts: a dropout writes nothing") {
  const LoadedScript loaded = load_fused(
      with_line("    y = torch.relu_(y)\n"
                "    v = torch.dropout_(y.flatten(1), 0.5, True)\n"
                "    y = y + v.sum()\n"),
      at::kFloat);
  CHECK(loaded.program->channels_last);
}

TEST_CASE("TorchScript layouts: programs that could tell them keep planes") {
  CHECK(load_fused(with_line("    y = torch.relu_(y)\n"), at::kFloat)
            .program->channels_last);
  for (const std::string line :
       {"    y = y + y.stride(0)\n",
        // A view that is written into, and one of what is written later.
        "    v = y.view([-1])\n    v.mul_(2)\n",
        "    v = y.flatten(1)\n    y = torch.relu_(y) + v.sum()\n",
        "    for i in range(2):\n        y = torch.relu_(y)\n"}) {
    CAPTURE(line);
    CHECK_FALSE(load_fused(with_line(line), at::kFloat).program->channels_last);
  }
  const test::ScriptFile file(
      {{"w", at::ones({4, 3, 1, 1})}},
      "def forward(self, x):\n"
      "    return torch.relu(torch.conv2d(x, self.w)).mean([2, 3])\n");
  CHECK_FALSE(load_script(file.path(), at::kFloat).program->channels_last);
}
