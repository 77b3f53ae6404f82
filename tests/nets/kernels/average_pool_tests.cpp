// The networks' own average pools against LibTorch's, bit for bit.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "nets/kernels/average_pool.h"
#include "tests/support/normal_tensor.h"
#include "tests/support/test_files.h"

namespace {

using zcp::Window;

constexpr at::MemoryFormat kLast = at::MemoryFormat::ChannelsLast;

at::Tensor
normal(at::IntArrayRef sizes, std::uint64_t seed, at::MemoryFormat layout) {
  return zcp::test::normal(sizes, seed, at::kFloat).contiguous(layout);
}

at::Tensor run(const at::Tensor& x, const Window& window, bool own) {
  if (own) return zcp::kernels::average_pool(x, window);
  return at::avg_pool2d(
      x, window.kernel, window.stride, window.padding, false, false);
}

/// Value, gradient, and gradient of a function of the gradient.
std::vector<at::Tensor>
differentiate(const at::Tensor& input, const Window& window, bool own) {
  const at::Tensor x = input.detach().clone().requires_grad_(true);
  const at::Tensor y = run(x, window, own);
  const at::Tensor first =
      torch::autograd::grad({y.pow(3).sum()}, {x}, {}, true, true)[0];
  const at::Tensor second =
      torch::autograd::grad({(first * input).square().sum()}, {x})[0];
  return {y.detach(), first.detach(), second};
}

void check_equal(const at::Tensor& input, const Window& window) {
  CAPTURE(input.sizes());
  CAPTURE(window.kernel);
  CAPTURE(window.stride);
  CAPTURE(window.padding);
  const auto own = differentiate(input, window, true);
  const auto theirs = differentiate(input, window, false);
  for (std::size_t i = 0; i < own.size(); ++i) {
    CAPTURE(i);
    CHECK(at::equal(own[i], theirs[i]));
    // LibTorch may lay out its second derivative as planes.
    if (i < 2) CHECK(own[i].strides() == theirs[i].strides());
  }
}

}  // namespace

TEST_CASE("average pool: value and derivatives are LibTorch's") {
  for (const Window& window :
       {Window{3, 1, 1},
        Window{2, 1, 0},
        Window{2, 1, 1},
        Window{5, 1, 2},
        Window{5, 1, 1},
        Window{1, 1, 0},
        Window{2, 2, 0},
        Window{3, 2, 1},
        Window{3, 3, 0}}) {
    for (const std::int64_t channels : {2, 3, 16, 20}) {
      check_equal(normal({3, channels, 7, 9}, 1, kLast), window);
      check_equal(normal({2, channels, 5, 5}, 2, kLast), window);
    }
  }
}

TEST_CASE("average pool: maps smaller than the window") {
  for (const std::int64_t side : {1, 2}) {
    check_equal(normal({2, 4, side, 3}, 1, kLast), {3, 1, 1});
    check_equal(normal({2, 4, 3, side}, 1, kLast), {5, 1, 2});
  }
}

TEST_CASE("average pool: other layouts") {
  check_equal(normal({2, 4, 6, 6}, 1, at::MemoryFormat::Contiguous), {3, 1, 1});
  check_equal(normal({2, 4, 6, 6}, 1, kLast).slice(2, 1, 5), {3, 1, 1});
}

TEST_CASE("average pool: what is not a number stays in its windows") {
  at::Tensor x = normal({1, 4, 6, 6}, 1, kLast);
  x[0][2][1][1] = std::numeric_limits<float>::quiet_NaN();
  const at::Tensor y = zcp::kernels::average_pool(x, {3, 1, 1});
  CHECK(y.isnan().sum().item<int>() == 9);
  CHECK(
      y.select(1, 2).slice(1, 0, 3).slice(2, 0, 3).isnan().all().item<bool>());
}
