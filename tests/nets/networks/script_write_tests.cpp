// Networks of graphs as TorchScript files, beside the networks themselves.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>

#include <string>

#include "nets/networks/graph_network.h"
#include "nets/networks/script_write.h"
#include "nets/spaces/space.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::networks;

namespace {

constexpr auto kInit = initialisers::Initialiser::pytorch;

at::Tensor input_of(const graph::Graph& graph) {
  const Shape shape = graph.input_shape();
  const std::int64_t count =
      std::int64_t{3} * shape.channels * shape.height * shape.width;
  return at::sin(at::arange(count, at::kDouble) * 0.37)
      .view({3, shape.channels, shape.height, shape.width});
}

double difference(const at::Tensor& a, const at::Tensor& b) {
  REQUIRE(a.sizes() == b.sizes());
  const double scale = b.abs().max().item<double>();
  REQUIRE(scale > 0);
  return (a - b).abs().max().item<double>() / scale;
}

/// Small networks of a space, as declared.
graph::Graph graph_of(const spaces::Space& space, const std::string& arch) {
  const auto& name = space.info().name;
  const bool mobile = name.find("mobilenet") != std::string::npos;
  const int size = mobile ? 64 : 16;
  try {
    return space.build(
        arch, {3, size, size}, {7, {}}, {}, graph::Folding::as_declared);
  } catch (const UserError&) {
    return space.build(
        arch, {3, 32, 32}, {10, {}}, {}, graph::Folding::as_declared);
  }
}

}  // namespace

TEST_CASE("script files: they compute what the networks of all spaces do") {
  const test::TemporaryFolder folder;
  const at::NoGradGuard no_grad;
  int written = 0;
  for (const auto& space : spaces::all_spaces()) {
    const auto& info = space->info();
    CAPTURE(info.name);
    for (std::uint64_t draw = 0; draw < 2; ++draw) {
      const std::string arch = draw == 0 ? info.example : space->draw(draw);
      CAPTURE(arch);
      graph::Graph graph;
      try {
        graph = graph_of(*space, arch);
      } catch (const UserError& error) {
        MESSAGE(info.name << ": " << error.what());
        continue;
      }
      if (!cannot_write_script(graph).empty()) continue;
      const std::string path = folder.path() / "net.pt";
      const std::int64_t parameters =
          write_script({graph, kInit, 5, true, "{}"}, path);
      CHECK(parameters == graph.params());
      torch::jit::Module module = torch::jit::load(path);
      std::int64_t held = 0;
      for (const at::Tensor& parameter : module.parameters()) {
        CHECK(parameter.requires_grad());
        held += parameter.numel();
      }
      CHECK(held == parameters);
      const auto network = make_graph_network(graph, kInit, 5, at::kDouble);
      const at::Tensor x = input_of(graph);
      module.eval();
      CHECK(
          difference(
              module.forward({x}).toTensor(),
              network->forward(x, BatchNormMode::running_statistics, nullptr)) <
          1e-10);
      module.train();
      CHECK(
          difference(
              module.forward({x}).toTensor(),
              network->forward(x, BatchNormMode::batch_statistics, nullptr)) <
          1e-9);
      ++written;
    }
  }
  CHECK(written >= 16);
}

TEST_CASE("script files: a map of the network's outputs, and float32") {
  graph::GraphBuilder builder({3, 8, 8}, graph::Folding::as_declared);
  graph::Attributes attributes;
  attributes.out_channels = 4;
  attributes.window = {3, 2, 1, 1};
  const int conv = builder.conv2d(builder.input(), attributes);
  const int act = builder.leaky_relu(builder.batch_norm(conv));
  attributes.out_channels = 5;
  attributes.window = {4, 2, 1, 1};
  const int up = builder.tanh(builder.conv_transpose2d(act, attributes));
  const int gate = builder.sigmoid(builder.global_avg_pool(up));
  const int scaled = builder.multiply(up, gate);
  const std::array parts{builder.shift(builder.slice(scaled, 1, 3)), up};
  const int out = builder.pixel_linear(builder.concat(parts), 6);
  const graph::Graph graph = std::move(builder).finish(out);
  const test::TemporaryFolder folder;
  const std::string path = folder.path() / "map.pt";
  write_script({graph, kInit, 1, false, R"({"arch":"a"})"}, path);
  torch::jit::ExtraFilesMap notes{{"zcp.json", ""}};
  torch::jit::Module module = torch::jit::load(path, c10::nullopt, notes);
  CHECK(notes["zcp.json"] == R"({"arch":"a"})");
  const at::NoGradGuard no_grad;
  const at::Tensor x = input_of(graph).to(at::kFloat);
  const at::Tensor found = module.forward({x}).toTensor();
  CHECK(found.sizes() == at::IntArrayRef({3, 6, 8, 8}));
  const auto network = make_graph_network(graph, kInit, 1, at::kFloat);
  CHECK(
      difference(
          found,
          network->forward(x, BatchNormMode::batch_statistics, nullptr)) <
      1e-5);
  // In train mode it has taken down the statistics of the batch.
  double moved = 0;
  for (const auto& buffer : module.named_buffers()) {
    if (buffer.name.find("running_mean") == std::string::npos) continue;
    moved += buffer.value.abs().sum().item<double>();
  }
  CHECK(moved > 0);
}

TEST_CASE("script files: what cannot be written") {
  graph::GraphBuilder builder({3, 8, 8}, graph::Folding::as_declared);
  const std::array inputs{builder.input()};
  const int out =
      builder.counted_layer(graph::Op::gelu, {}, inputs, {3, 8, 8}, 0, 0);
  builder.leave_unrun("it cannot be run");
  const graph::Graph graph = std::move(builder).finish(out);
  CHECK(cannot_write_script(graph) == "it cannot be run");
  graph::GraphBuilder plain({3, 8, 8});
  const int same = plain.relu(plain.input());
  const graph::Graph relu = std::move(plain).finish(same);
  CHECK(
      script_source(relu) ==
      "def forward(self, x):\n    v0 = x\n    v1 = torch.relu(v0)\n"
      "    return v1\n");
  CHECK_THROWS_AS(
      write_script({relu, kInit, 0, false, "{}"}, "/nowhere/net.pt"),
      UserError);
}
