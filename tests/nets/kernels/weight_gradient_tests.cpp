#include <array>

#include "nets/kernels/weight_gradient.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::kernels;

TEST_CASE("weight gradients: windows of one pixel are products") {
  const at::Tensor x = at::linspace(-1, 2, 2 * 3 * 4 * 5).view({2, 3, 4, 5});
  const at::Tensor dy = at::linspace(1, -3, 2 * 6 * 4 * 5).view({2, 6, 4, 5});
  const at::Tensor weight = at::zeros({6, 3, 1, 1});
  const std::array<std::int64_t, 2> one{1, 1};
  const std::array<std::int64_t, 2> none{0, 0};
  const auto [dx, wanted, db] = at::convolution_backward(
      dy.to(at::kDouble),
      x.to(at::kDouble),
      weight.to(at::kDouble),
      at::OptionalIntArrayRef(),
      one,
      none,
      one,
      false,
      none,
      1,
      {false, true, false});
  const at::Tensor found = weight_gradient_on_device(dy, x, weight);
  CHECK(at::allclose(found.to(at::kDouble), wanted, 1e-5, 1e-5));
}

TEST_CASE("weight gradients: the processor has its own way") {
  const at::Tensor x = at::zeros({1, 16, 8, 8});
  CHECK_FALSE(has_weight_gradient(x, at::zeros({16, 16, 1, 1}), {1, 1, 0}, 1));
  CHECK_FALSE(has_weight_gradient(x, at::zeros({16, 16, 3, 3}), {3, 1, 1}, 1));
}
