// Sizes and layers of TorchScript files, counted by hand.
#include <string>
#include <utility>
#include <vector>

#include "nets/networks/model_summary.h"
#include "nets/networks/script_network.h"
#include "tests/nets/networks/make_script.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::networks;

TEST_CASE("model summary: #params, MACs and layers") {
  const zcp::test::ScriptFile file(
      {{"weight", at::ones({4, 3, 3, 3})},
       {"bias", at::zeros({4})},
       {"head", at::ones({10, 4})}},
      R"(
def forward(self, x):
    y = torch.conv2d(x, self.weight, self.bias, [2, 2], [1, 1])
    y = torch.adaptive_avg_pool2d(torch.relu(y), [1, 1])
    return torch.linear(torch.flatten(y, 1), self.head)
)");
  const ModelSummary summary = summarise_model(file.path(), {3, 8, 8});
  CHECK(summary.params == 4 * 27 + 4 + 40);
  CHECK(summary.classes == 10);
  CHECK(summary.notes.empty());
  // 4 x 4 positions, additions of the bias counted.
  CHECK(summary.macs == 16 * (4 * 27 + 4) + 40);
  REQUIRE(summary.layers.size() == 2);
  const graph::Layer& conv = summary.layers[0];
  CHECK(conv.op == graph::Op::conv2d);
  CHECK(conv.input == Shape{3, 8, 8});
  CHECK(conv.output == Shape{4, 4, 4});
  CHECK(conv.attributes.window.kernel == 3);
  CHECK(conv.attributes.window.stride == 2);
  CHECK(conv.attributes.groups == 1);
  CHECK(conv.params == 4 * 27 + 4);
  CHECK(summary.layers[1].op == graph::Op::linear);
  CHECK(summary.layers[1].params == 40);
}

TEST_CASE("model summary: an input that the model does not take is refused") {
  const zcp::test::ScriptFile file(
      {{"weight", at::ones({4, 3, 3, 3})}},
      "def forward(self, x):\n    return torch.conv2d(x, self.weight)\n");
  const std::string message = zcp::test::user_error([&] {
    summarise_model(file.path(), {5, 8, 8});
  });
  CHECK(message.find("does not take an input of 5x8x8") != std::string::npos);
}

TEST_CASE("model summary: a fixed number of samples is that of a minibatch") {
  const zcp::test::ScriptFile file(
      {{"weight", at::ones({4, 3, 1, 1})}},
      "def forward(self, x):\n"
      "    return torch.conv2d(x.view([6, 3, 8, 8]), self.weight)\n");
  const auto network = load_script_network(file.path(), at::kFloat);
  const ModelSummary summary =
      summarise_model(*network, file.path(), {3, 8, 8}, 6);
  CHECK(summary.macs == 64 * 3 * 4);
  const std::string message = zcp::test::user_error([&] {
    summarise_model(*network, file.path(), {3, 8, 8}, 5);
  });
  CHECK(message.find("does not take an input of 3x8x8") != std::string::npos);
}

TEST_CASE("model summary: what is not of the samples is not divided by them") {
  const zcp::test::ScriptFile file(
      {{"weight", at::ones({4, 3, 1, 1})},
       {"places", at::ones({12, 2})},
       {"by", at::ones({4, 2})}},
      "def forward(self, x):\n"
      "    y = torch.conv2d(x.view([6, 3, 8, 8]).detach(), self.weight)\n"
      "    z = torch.linear(self.places, self.by)\n"
      "    return torch.add(y, z.mean([0]).view([1, 4, 1, 1]))\n");
  const auto network = load_script_network(file.path(), at::kFloat);
  const ModelSummary summary =
      summarise_model(*network, file.path(), {3, 8, 8}, 6);
  CHECK(summary.macs == 64 * 3 * 4 + 12 * 2 * 4);
}

TEST_CASE("model summary: a network that chooses a class itself is refused") {
  const zcp::test::ScriptFile file(
      {{"weight", at::ones({4, 3})}},
      "def forward(self, x):\n"
      "    return torch.argmax(torch.linear(x.flatten(1)[:, :3], "
      "self.weight), 1)\n");
  const std::string message = zcp::test::user_error([&] {
    summarise_model(file.path(), {3, 8, 8});
  });
  CHECK(
      message.find("returns numbers of the type Long, expected logits") !=
      std::string::npos);
}

namespace {

std::int64_t macs_of(
    const std::vector<std::pair<std::string, at::Tensor>>& parameters,
    const std::string& source,
    Shape input) {
  const zcp::test::ScriptFile file(parameters, source);
  return summarise_model(file.path(), input).macs;
}

}  // namespace

TEST_CASE("model summary: a linear layer counts every vector that it maps") {
  // 8 x 8 vectors of 3 features, channels last.
  CHECK(
      macs_of(
          {{"w", at::ones({4, 3})}, {"b", at::ones({4})}},
          "def forward(self, x):\n"
          "    return torch.linear(x.permute([0, 2, 3, 1]), self.w, self.b)\n",
          {3, 8, 8}) == 64 * (3 * 4 + 4));
}

TEST_CASE("model summary: matrix products with parameters are layers") {
  const char* product =
      "def forward(self, x):\n"
      "    return torch.addmm(self.b, x.flatten(1), self.w.t())\n";
  CHECK(
      macs_of(
          {{"w", at::ones({4, 12})}, {"b", at::ones({4})}},
          product,
          {3, 2, 2}) == 12 * 4 + 4);
  // A product of two activations is none.
  CHECK(
      macs_of(
          {{"w", at::ones({12, 4})}},
          "def forward(self, x):\n"
          "    y = torch.matmul(x.flatten(1), self.w)\n"
          "    return torch.matmul(y, y.t())\n",
          {3, 2, 2}) == 12 * 4);
}

TEST_CASE("model summary: computed weights, transposed and other axes") {
  // 14 x 14 outputs.
  CHECK(
      macs_of(
          {{"w", at::ones({8, 3, 3, 3})}, {"b", at::ones({8})}},
          "def forward(self, x):\n"
          "    w = self.w / self.w.norm()\n"
          "    return torch.conv2d(x, w, self.b)\n",
          {3, 16, 16}) == 14 * 14 * (8 * 27 + 8));
  // Each of 16 x 16 inputs meets 4 x 3 x 3 weights a channel; 33 x 33 outputs.
  CHECK(
      macs_of(
          {{"w", at::ones({3, 4, 3, 3})}, {"b", at::ones({4})}},
          "def forward(self, x):\n"
          "    return torch.conv_transpose2d(x, self.w, self.b, [2, 2])\n",
          {3, 16, 16}) == 16 * 16 * 3 * 4 * 9 + 33 * 33 * 4);
  // 6 positions of 8 channels, 2 x 5 taps.
  CHECK(
      macs_of(
          {{"w", at::ones({8, 6, 3})}},
          "def forward(self, x):\n"
          "    return torch.conv1d(x.flatten(1, 2), self.w)\n",
          {3, 2, 8}) == 6 * 8 * 6 * 3);
}

TEST_CASE("model summary: recurrent layers count every weight once a step") {
  // An LSTM of 5 units on 4 features, 6 steps.
  CHECK(
      macs_of(
          {{"wi", at::ones({20, 4})},
           {"wh", at::ones({20, 5})},
           {"bi", at::ones({20})},
           {"bh", at::ones({20})}},
          "def forward(self, x):\n"
          "    h = torch.zeros([1, x.size(0), 5])\n"
          "    return torch.lstm(x.flatten(2).transpose(1, 2), [h, h],\n"
          "        [self.wi, self.wh, self.bi, self.bh], True, 1, 0.5, True,\n"
          "        False, True)[0]\n",
          {4, 2, 3}) == 6 * (4 * 5 * (4 + 5) + 2 * 4 * 5));
}

TEST_CASE("model summary: attention in one piece is refused by its name") {
  const zcp::test::ScriptFile file(
      {{"w", at::ones({12, 4})}, {"b", at::ones({12})}},
      "def forward(self, x):\n"
      "    x = x.flatten(2)\n"
      "    return torch._native_multi_head_attention(x, x, x, 4, 2, self.w,\n"
      "        self.b, self.w[:4], self.b[:4])[0]\n");
  const std::string message = zcp::test::user_error([&] {
    summarise_model(file.path(), {3, 2, 2});
  });
  CHECK(message.find("net.pt") != std::string::npos);
  CHECK(message.find("_native_multi_head_attention") != std::string::npos);
  CHECK(message.find("traced with gradients enabled") != std::string::npos);
}
