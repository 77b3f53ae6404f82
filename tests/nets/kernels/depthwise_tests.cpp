// Depthwise convolutions by hand; convolution_tests.cpp has LibTorch's.
#include <ATen/ATen.h>

#include <stdexcept>

#include "nets/kernels/depthwise.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::kernels;

TEST_CASE("depthwise: which convolutions are") {
  const at::Tensor x = at::zeros({1, 4, 5, 5});
  const at::Tensor weight = at::zeros({4, 1, 3, 3});
  CHECK(is_depthwise(x, weight, 4));
  CHECK(is_depthwise(x.to(at::kDouble), weight.to(at::kDouble), 4));
  CHECK_FALSE(is_depthwise(x, weight, 2));
  CHECK_FALSE(is_depthwise(x, weight.to(at::kDouble), 4));
  CHECK_FALSE(is_depthwise(x, at::zeros({8, 1, 3, 3}), 4));
  CHECK_FALSE(is_depthwise(x, at::zeros({4, 1, 3, 1}), 4));
  CHECK_FALSE(
      is_depthwise(at::zeros({1, 1, 5, 5}), at::zeros({1, 1, 3, 3}), 1));
}

TEST_CASE("depthwise: value and gradients of ones") {
  const Window window{3, 1, 1};
  const at::Tensor ones = at::ones({2, 5, 4, 4});
  const at::Tensor weight = at::ones({5, 1, 3, 3});
  // How many taps of a window lie on the map, and by symmetry how many windows
  // a pixel lies in.
  const at::Tensor taps =
      at::tensor({4, 6, 6, 4, 6, 9, 9, 6, 6, 9, 9, 6, 4, 6, 6, 4}, at::kFloat)
          .view({1, 1, 4, 4})
          .expand({2, 5, 4, 4});
  CHECK(at::equal(depthwise_convolution(ones, weight, window), taps));
  CHECK(at::equal(depthwise_input_gradient(ones, weight, 4, 4, window), taps));
  // Two images of 4 x 4 windows: all see the centre, 3 x 4 of each a side tap.
  const at::Tensor seen =
      at::tensor({18, 24, 18, 24, 32, 24, 18, 24, 18}, at::kFloat)
          .view({1, 1, 3, 3})
          .expand({5, 1, 3, 3});
  CHECK(at::equal(depthwise_weight_gradient(ones, ones, window), seen));
}

TEST_CASE("depthwise: a window larger than its padded map is refused") {
  CHECK_THROWS_AS(
      depthwise_convolution(
          at::ones({1, 2, 2, 2}), at::ones({2, 1, 5, 5}), Window{5, 1, 1}),
      std::invalid_argument);
}
