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
