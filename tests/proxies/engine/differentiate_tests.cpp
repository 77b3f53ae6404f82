#include "proxies/engine/differentiate.h"
#include "tests/proxies/linear_network.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::engine;
using zcp::test::matrix;

TEST_CASE("gradients of a cube, twice") {
  const at::Tensor x = matrix({{1, 2, 3}}).requires_grad_(true);
  const at::Tensor unused = matrix({{1}}).requires_grad_(true);
  const at::Tensor constant = matrix({{1}});
  const auto first = gradients_of(
      x.pow(3).sum(), {x, unused, at::Tensor(), constant}, GraphUse::deeper);
  REQUIRE(first.size() == 4);
  CHECK(at::equal(first[0], matrix({{3, 12, 27}})));
  CHECK_FALSE(first[1].defined());
  CHECK_FALSE(first[2].defined());
  CHECK_FALSE(first[3].defined());
  const auto second = gradients_of(first[0].sum(), {x}, GraphUse::last);
  CHECK(at::equal(second[0], matrix({{6, 12, 18}})));
}

TEST_CASE("a target that depends on nothing has no gradients") {
  const at::Tensor x = matrix({{1}}).requires_grad_(true);
  const auto none = gradients_of(matrix({{2}}).sum(), {x}, GraphUse::last);
  REQUIRE(none.size() == 1);
  CHECK_FALSE(none[0].defined());
}

TEST_CASE("the product with a Jacobian, as often as asked") {
  const at::Tensor a = matrix({{1, 2}, {3, 4}, {5, 6}});
  const at::Tensor x = matrix({{7}, {8}}).requires_grad_(true);
  const at::Tensor out = a.mm(x);
  const at::Tensor v = matrix({{1}, {0}, {-1}});
  for (int i = 0; i < 2; ++i) {
    CHECK(at::equal(vector_jacobian_product(out, x, v), matrix({{-4}, {-4}})));
  }
  CHECK_FALSE(vector_jacobian_product(a, x, v).defined());
  const at::Tensor other = matrix({{1}}).requires_grad_(true);
  CHECK_FALSE(vector_jacobian_product(out, other, v).defined());
}

TEST_CASE("a differentiable network has the values of the other") {
  const test::LinearNetwork network(matrix({{1, 2}}));
  const auto runnable = differentiable(network);
  REQUIRE(runnable->parameters().size() == 1);
  CHECK(runnable->parameters()[0].value.requires_grad());
  CHECK(runnable->parameters()[0].value.is_leaf());
  CHECK(at::equal(runnable->parameters()[0].value, matrix({{1, 2}})));
  CHECK_FALSE(network.parameters()[0].value.requires_grad());
}
