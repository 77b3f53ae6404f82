// Sizes and layers of TorchScript files, counted by hand.
#include "nets/networks/model_summary.h"
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
