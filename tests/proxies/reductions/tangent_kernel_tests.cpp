#include "proxies/reductions/tangent_kernel.h"
#include "tests/proxies/linear_network.h"
#include "tests/support/test_files.h"

using namespace zcp;
using zcp::test::matrix;

TEST_CASE("the tangent kernel of a linear network is K times X X^T") {
  // d(sum of K logits)/dW has x in each of its K rows.
  const test::LinearNetwork network(matrix({{1, 2}, {3, 4}, {5, 6}}));
  const at::Tensor x = matrix({{1, 2}, {0, 3}});
  CHECK(at::allclose(
      reductions::neural_tangent_kernel(network, x),
      3 * matrix({{5, 6}, {6, 9}})));
}

TEST_CASE("a tangent kernel in pieces is that of the whole") {
  // 6 numbers of 8 bytes for each of 2 samples: pieces of 6, 4 and 1 columns.
  const test::LinearNetwork network(matrix({{1, 2}, {3, 4}, {5, 6}}));
  const at::Tensor x = matrix({{1, 2}, {0, 3}});
  // Of those some, all or one are held at once.
  for (const std::int64_t bytes : {96, 64, 16, 1}) {
    for (const std::int64_t held : {1, 32, 48, 1000}) {
      CHECK(at::allclose(
          reductions::neural_tangent_kernel(network, x, bytes, held),
          3 * matrix({{5, 6}, {6, 9}})));
    }
  }
}

TEST_CASE("both proxies of a tangent kernel share one") {
  const test::LinearNetwork network(matrix({{1, 2}, {3, 4}, {5, 6}}));
  test::TestRun run;
  run.minibatches.emplace_back().x = matrix({{1, 2}, {0, 3}});
  engine::Setting setting = run.setting(&network);
  CHECK(
      reductions::neural_tangent_kernel(setting) !=
      reductions::neural_tangent_kernel(setting));
  setting.shared = std::make_shared<engine::SharedValues>();
  const auto first = reductions::neural_tangent_kernel(setting);
  CHECK(first == reductions::neural_tangent_kernel(setting));
  CHECK(at::allclose(*first, 3 * matrix({{5, 6}, {6, 9}})));
}
