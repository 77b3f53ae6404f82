#include <array>

#include "proxies/reductions/residual_sum.h"
#include "tests/proxies/linear_network.h"
#include "tests/support/test_files.h"

using namespace zcp;

namespace {

/// `blocks` basic blocks of 8 channels and a classifier.
graph::Graph residual_chain(int blocks) {
  graph::GraphBuilder builder({8, 4, 4});
  graph::Attributes same;
  same.out_channels = 8;
  same.window = {.kernel = 3, .padding = 1};
  auto y = builder.input();
  for (int i = 0; i < blocks; ++i) {
    const auto first = builder.relu(builder.conv2d(y, same));
    const std::array terms{builder.conv2d(first, same), y};
    y = builder.relu(builder.add(terms));
  }
  const auto logits = builder.linear(builder.global_avg_pool(y), 2);
  return std::move(builder).finish(logits);
}

engine::Score input_channels(const graph::Graph* graph) {
  const test::TestRun run;
  engine::Setting setting = run.setting(nullptr);
  setting.graph = graph;
  return reductions::sum_over_residual_blocks(
      setting, [](const graph::ResidualBlock& block) {
        return static_cast<double>(block.input);
      });
}

}  // namespace

TEST_CASE("sums over residual blocks") {
  const graph::Graph two = residual_chain(2);
  CHECK(input_channels(&two).value == 16);
  const graph::Graph none = residual_chain(0);
  CHECK(input_channels(&none).status == ScoreStatus::degenerate);
  CHECK(input_channels(nullptr).status == ScoreStatus::degenerate);
}
