// What partial recordings hold, against recordings of everything.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/jit/api/module.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "nets/networks/graph_network.h"
#include "nets/networks/script_network.h"
#include "nets/spaces/space.h"
#include "tests/support/normal_tensor.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::graph;
using namespace zcp::initialisers;
using namespace zcp::networks;
using namespace zcp::spaces;

namespace {

constexpr auto kTrain = BatchNormMode::batch_statistics;

Recording record(
    const Network& network,
    const at::Tensor& x,
    const RecordingScope& scope,
    BatchNormMode mode = kTrain) {
  const at::NoGradGuard no_grad;
  Recording recording;
  recording.scope = scope;
  network.forward(x, mode, &recording);
  return recording;
}

std::vector<RecordingScope> partial_scopes() {
  std::vector<RecordingScope> scopes;
  for (unsigned bits = 0; bits < 16; ++bits) {
    scopes.push_back(
        {.everything = false,
         .codes = (bits & 1) != 0,
         .layers = (bits & 2) != 0,
         .pools = (bits & 4) != 0,
         .variances = (bits & 8) != 0});
  }
  return scopes;
}

/// Calls of BatchNorms, or all others.
std::vector<LayerCall> calls_of(const Recording& recording, bool batch_norm) {
  std::vector<LayerCall> calls;
  std::ranges::copy_if(
      recording.calls, std::back_inserter(calls), [&](const LayerCall& call) {
        return (call.kind == LayerKind::batch_norm) == batch_norm &&
               recording.scope.records(call.kind);
      });
  return calls;
}

void check_layers(
    const std::vector<LayerCall>& found,
    const std::vector<LayerCall>& expected) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    CAPTURE(i);
    CHECK(found[i].kind == expected[i].kind);
    CHECK(found[i].weight == expected[i].weight);
    CHECK(found[i].uses == expected[i].uses);
    CHECK(at::equal(found[i].output, expected[i].output));
    const bool pool = found[i].kind == LayerKind::pool;
    REQUIRE(found[i].input.defined() == pool);
    if (pool) CHECK(at::equal(found[i].input, expected[i].input));
    CHECK_FALSE(found[i].own_input);
  }
}

void check_variances(
    const std::vector<LayerCall>& found,
    const std::vector<LayerCall>& expected) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    CAPTURE(i);
    CHECK(found[i].scale == expected[i].scale);
    const at::Tensor variance =
        expected[i].input.to(at::kDouble).var(at::IntArrayRef{0, 2, 3}, true);
    CHECK(at::allclose(found[i].batch_variance, variance, 1e-10, 0));
  }
}

void check_partial(const Network& network, const at::Tensor& x) {
  Recording all = record(network, x, {});
  for (const RecordingScope& scope : partial_scopes()) {
    CAPTURE(scope.codes);
    CAPTURE(scope.layers);
    CAPTURE(scope.pools);
    CAPTURE(scope.variances);
    const Recording part = record(network, x, scope);
    CHECK(part.blocks.empty());
    CHECK(std::ranges::all_of(part.calls, [&](const LayerCall& call) {
      return scope.records(call.kind);
    }));
    all.scope = scope;
    check_layers(calls_of(part, false), calls_of(all, false));
    check_variances(calls_of(part, true), calls_of(all, true));
  }
}

std::unique_ptr<Network> cell(at::ScalarType type, const Shape& shape) {
  const Graph graph = find_space("nats-tss")
                          .build(
                              "|nor_conv_3x3~0|+|nor_conv_1x1~0|avg_pool_3x3~1|"
                              "+|skip_connect~0|"
                              "nor_conv_3x3~1|nor_conv_1x1~2|",
                              shape,
                              10,
                              Skeleton{4, 1, true},
                              Folding::functional);
  return make_graph_network(
      graph, Initialiser::pytorch, 0, at::TensorOptions(type));
}

at::Tensor normal(at::IntArrayRef sizes, at::ScalarType type) {
  return zcp::test::normal(sizes, 3, type);
}

}  // namespace

TEST_CASE("recording: parts of a graph's pass are those of all of it") {
  for (const auto type : {at::kFloat, at::kDouble}) {
    check_partial(*cell(type, {3, 16, 16}), normal({4, 3, 16, 16}, type));
  }
}

TEST_CASE("recording: no variance of one value, and none without a batch's") {
  const RecordingScope scope{.everything = false, .variances = true};
  const auto network = cell(at::kFloat, {3, 4, 4});
  const at::Tensor x = normal({1, 3, 4, 4}, at::kFloat);
  const Recording recording = record(*network, x, scope);
  std::size_t without = 0;
  for (const LayerCall& call : recording.calls) {
    if (call.batch_variance.isnan().any().item<bool>()) ++without;
  }
  CHECK(without > 0);
  CHECK(without < recording.calls.size());
  const auto fresh = BatchNormMode::running_statistics;
  CHECK(record(*network, x, scope, fresh).calls.empty());
}

TEST_CASE("recording: parts of a TorchScript pass are those of all of it") {
  torch::jit::Module module("net");
  module.register_parameter(
      "w", normal({4, 3, 3, 3}, at::kFloat).requires_grad_(true), false);
  for (const char* name : {"scale", "shift", "mean", "variance"}) {
    module.register_parameter(name, at::ones({4}), true);
  }
  module.register_parameter(
      "v", normal({10, 4}, at::kFloat).requires_grad_(true), false);
  module.define(R"(
    def forward(self, x):
        y = torch.conv2d(x, self.w, None, [1, 1], [1, 1])
        y = torch.batch_norm(y, self.scale, self.shift, self.mean,
                             self.variance, True, 0.1, 1e-5, False)
        y = torch.relu(y)
        y = torch.adaptive_avg_pool2d(y, [1, 1])
        return torch.linear(torch.flatten(y, 1), self.v)
  )");
  const zcp::test::TemporaryFolder folder;
  const auto path = folder.path() / "net.pt";
  module.save(path.string());
  const auto network = load_script_network(path, at::TensorOptions(at::kFloat));
  check_partial(*network, normal({4, 3, 8, 8}, at::kFloat));
}
