// The networks' own convolutions against LibTorch's in float64.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <stdexcept>
#include <vector>

#include "nets/kernels/convolution.h"
#include "tests/support/normal_tensor.h"
#include "tests/support/test_files.h"

namespace {

using zcp::kernels::ConvolutionValues;

struct Case {
  std::int64_t in;
  std::int64_t out;
  zcp::Window window;
  std::int64_t groups = 1;
  std::int64_t height = 9;
  std::int64_t width = 7;
  std::int64_t batch = 3;
};

at::Tensor normal(at::IntArrayRef sizes, std::uint64_t seed) {
  return zcp::test::normal(sizes, seed, at::kDouble);
}

at::Tensor leaf(const at::Tensor& value, at::ScalarType type) {
  return value.to(type)
      .contiguous(at::MemoryFormat::ChannelsLast)
      .requires_grad_(true);
}

at::Tensor run(
    const Case& c,
    const at::Tensor& x,
    const at::Tensor& weight,
    bool own,
    ConvolutionValues values = ConvolutionValues::fastest) {
  if (own) {
    return zcp::kernels::convolution(x, weight, {}, c.window, c.groups, values);
  }
  return at::conv2d(
      x,
      weight,
      {},
      c.window.stride,
      c.window.padding,
      c.window.dilation,
      c.groups);
}

/// Value, gradients, and gradients of a function of the gradients, in which
/// both gradients and both inputs take part.
std::vector<at::Tensor> differentiate(
    const Case& c,
    at::ScalarType type,
    bool own,
    ConvolutionValues values = ConvolutionValues::fastest) {
  const at::Tensor x =
      leaf(normal({c.batch, c.in, c.height, c.width}, 1), type);
  const at::Tensor weight = leaf(
      normal({c.out, c.in / c.groups, c.window.kernel, c.window.kernel}, 2),
      type);
  const at::Tensor y = run(c, x, weight, own, values);
  const auto first =
      torch::autograd::grad({y.pow(3).sum()}, {x, weight}, {}, true, true);
  const auto second = torch::autograd::grad(
      {first[0].square().sum() + (first[1] * weight).square().sum()},
      {x, weight});
  return {
      y.detach(), first[0].detach(), first[1].detach(), second[0], second[1]};
}

double distance(const at::Tensor& a, const at::Tensor& b) {
  return ((a.to(at::kDouble) - b).norm() / b.norm()).item<double>();
}

}  // namespace

TEST_CASE("convolutions and two derivatives equal LibTorch's in float64") {
  const std::vector<Case> cases{
      {8, 16, {3, 1, 1, 1}, 1},
      {3, 4, {3, 2, 1, 1}, 1},
      {16, 8, {1, 1, 0, 1}, 1},
      {3, 4, {1, 2, 0, 1}, 1},  // what oneDNN has no safe kernel for
      {4, 4, {1, 2, 0, 1}, 1},
      {6, 6, {5, 1, 2, 1}, 6},  // depthwise, each with other registers
      {9, 9, {3, 1, 2, 2}, 9},
      {20, 20, {3, 2, 1, 1}, 20},
      {45, 45, {5, 1, 4, 2}, 45},
      {32, 32, {5, 2, 4, 2}, 32},
      {8, 8, {1, 1, 0, 1}, 8},
      {8, 8, {1, 2, 0, 1}, 8},
      {8, 8, {2, 2, 0, 1}, 8},
      {8, 8, {7, 3, 2, 1}, 8},
      {8, 8, {5, 1, 4, 2}, 8, 1, 1},  // taps that are all outside
      {8, 8, {5, 1, 4, 2}, 8, 2, 3, 1},
      {8, 8, {3, 1, 1, 1}, 8, 3, 300, 1},
      {4, 8, {3, 1, 1, 1}, 4},  // two kernels a channel
      {8, 4, {3, 1, 2, 2}, 4}};
  for (const Case& c : cases) {
    CAPTURE(c.in);
    CAPTURE(c.window.kernel);
    CAPTURE(c.window.stride);
    const auto expected = differentiate(c, at::kDouble, false);
    const auto wide = differentiate(c, at::kDouble, true);
    const auto narrow = differentiate(c, at::kFloat, true);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CAPTURE(i);
      CHECK(wide[i].sizes() == expected[i].sizes());
      CHECK(distance(wide[i], expected[i]) < 1e-12);
      CHECK(distance(narrow[i], expected[i]) < 1e-5);
    }
  }
}

TEST_CASE("convolutions with values as of planes have the bits of LibTorch's") {
  const std::vector<Case> cases{
      {24, 32, {3, 1, 1, 1}, 1},
      {64, 16, {3, 2, 1, 1}, 1},
      {256, 8, {3, 1, 1, 1}, 1},   // gradients on planes, too
      {128, 16, {1, 2, 0, 1}, 1},  // pixels that are not read
      {16, 8, {1, 1, 0, 1}, 1},
      {4, 4, {1, 2, 0, 1}, 1},
      {20, 20, {3, 2, 1, 1}, 20}};
  const auto values = ConvolutionValues::as_planes;
  for (const Case& c : cases) {
    CAPTURE(c.in);
    CAPTURE(c.window.kernel);
    const at::Tensor x =
        normal({c.batch, c.in, c.height, c.width}, 1).to(at::kFloat);
    const std::int64_t side = c.window.kernel;
    const at::Tensor weight =
        normal({c.out, c.in / c.groups, side, side}, 2).to(at::kFloat);
    const at::Tensor last = x.contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor found = run(c, last, weight, true, values);
    CHECK(found.is_contiguous(at::MemoryFormat::ChannelsLast));
    const at::Tensor on_planes = run(c, x, weight, false);
    CHECK(distance(found, on_planes.to(at::kDouble)) < 1e-6);
    // The others have them by oneDNN's grace.
    const bool planes = c.in >= 24;
    if (planes) CHECK(at::equal(found, on_planes));
    const auto expected = differentiate(c, at::kDouble, false);
    const auto derived = differentiate(c, at::kFloat, true, values);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CAPTURE(i);
      CHECK(distance(derived[i], expected[i]) < 1e-5);
    }
  }
}

TEST_CASE("depthwise convolutions of other layouts, and of one derivative") {
  const Case c{6, 6, {3, 2, 1, 1}, 6};
  const at::Tensor x = normal({2, 6, 5, 8}, 6).to(at::kFloat);
  const at::Tensor weight = normal({6, 1, 3, 3}, 7).to(at::kFloat);
  for (const bool by_x : {true, false}) {
    const at::Tensor variable =
        (by_x ? x : weight).clone().requires_grad_(true);
    const auto derive = [&](bool own) {
      const at::Tensor y =
          run(c, by_x ? variable : x, by_x ? weight : variable, own);
      // The gradient of a sum is an expanded number.
      return torch::autograd::grad({y.sum()}, {variable})[0];
    };
    CHECK(distance(derive(true), derive(false).to(at::kDouble)) < 1e-6);
  }
  const at::Tensor bias = normal({6}, 8).to(at::kFloat);
  const at::Tensor with =
      zcp::kernels::convolution(x, weight, bias, c.window, c.groups);
  const at::Tensor expected = at::conv2d(x, weight, bias, 2, 1, 1, 6);
  CHECK(distance(with, expected.to(at::kDouble)) < 1e-6);
}

TEST_CASE("a depthwise kernel that is larger than its map is refused") {
  const Case c{4, 4, {3, 2, 0, 1}, 4};
  const at::Tensor weight = normal({4, 1, 3, 3}, 9);
  CHECK_THROWS_AS(
      run(c, normal({1, 4, 2, 5}, 10), weight, true), std::invalid_argument);
}

TEST_CASE("convolutions with a bias, and where nothing is differentiated") {
  const Case c{5, 6, {3, 1, 1, 1}, 1};
  const at::Tensor x = normal({2, 5, 6, 6}, 3);
  const at::Tensor weight = normal({6, 5, 3, 3}, 4);
  const at::Tensor bias = normal({6}, 5).requires_grad_(true);
  const at::Tensor expected = at::conv2d(x, weight, bias, 1, 1);
  const at::Tensor found =
      zcp::kernels::convolution(x, weight, bias, c.window, c.groups);
  CHECK(distance(found.detach(), expected.detach()) < 1e-14);
  CHECK(found.requires_grad());
  const at::NoGradGuard no_grad;
  CHECK(distance(run(c, x, weight, true), run(c, x, weight, false)) == 0);
}
