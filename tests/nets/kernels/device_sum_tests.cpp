// The operators of sums of BatchNorms, as LibTorch's own operators compute them
// on any device, against LibTorch's BatchNorm and its derivative.
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "nets/kernels/device_sum.h"
#include "tests/support/test_files.h"

using namespace zcp::kernels;

namespace {

constexpr double kEpsilon = 1e-5;

at::Tensor pattern(at::IntArrayRef sizes, double speed) {
  const std::int64_t count = c10::multiply_integers(sizes);
  return at::linspace(-1, 1, count, at::kDouble).mul(speed).sin().view(sizes);
}

bool close(const at::Tensor& a, const at::Tensor& b) {
  return at::allclose(a, b, 1e-10, 1e-12);
}

at::Tensor batch_norm(
    const at::Tensor& x,
    const at::Tensor& scale,
    const at::Tensor& shift) {
  return at::batch_norm(x, scale, shift, {}, {}, true, 0.1, kEpsilon, false);
}

/// Two BatchNorms, one with scale and shift, and a term that is added as it is.
struct Sum {
  std::vector<at::Tensor> x{
      pattern({4, 3, 5, 5}, 40),
      pattern({4, 3, 5, 5}, 33),
      pattern({4, 3, 5, 5}, 21)};
  at::Tensor scale = pattern({3}, 2) + 1.5;
  at::Tensor shift = pattern({3}, 5);
  std::vector<std::int64_t> norms{0, -1, 1};
  std::vector<at::Tensor> scales{scale, at::empty({0}, at::kDouble)};
  std::vector<at::Tensor> shifts{shift, at::empty({0}, at::kDouble)};

  at::Tensor moments() const {
    const std::vector<double> epsilons{kEpsilon, kEpsilon};
    return norm_moments_by_operators({x[0], x[2]}, epsilons);
  }
  at::Tensor by_batch_norm(bool relu) const {
    const at::Tensor sum =
        batch_norm(x[0], scale, shift) + x[1] + batch_norm(x[2], {}, {});
    return relu ? at::relu(sum) : sum;
  }
};

}  // namespace

TEST_CASE("sums on devices: moments are mean, inverse deviation, variance") {
  const at::Tensor x = at::arange(8, at::kDouble).view({2, 1, 2, 2});
  const std::vector<double> epsilons{0.25};
  const at::Tensor found = norm_moments_by_operators({x}, epsilons);
  REQUIRE(found.sizes() == at::IntArrayRef({3, 1, 1}));
  CHECK(found[0][0][0].item<double>() == 3.5);
  CHECK(found[2][0][0].item<double>() == 5.25);  // (64 - 1) / 12
  CHECK(found[1][0][0].item<double>() == doctest::Approx(1 / std::sqrt(5.5)));
}

TEST_CASE("sums on devices: the same values as BatchNorms, sums and a ReLU") {
  const Sum sum;
  for (const bool relu : {false, true}) {
    const auto made = norm_sum_by_operators(
        sum.x, sum.scales, sum.shifts, sum.moments(), sum.norms, relu, false);
    REQUIRE(made.size() == 1);
    CHECK(close(made[0], sum.by_batch_norm(relu)));
  }
  const auto both = norm_sum_by_operators(
      sum.x, sum.scales, sum.shifts, sum.moments(), sum.norms, false, true);
  REQUIRE(both.size() == 2);
  CHECK(close(both[0], sum.by_batch_norm(false)));
  CHECK(close(both[1], sum.by_batch_norm(true)));
}

TEST_CASE("sums on devices: the gradients that autograd has") {
  Sum sum;
  const at::Tensor dy = pattern({4, 3, 5, 5}, 17);
  for (at::Tensor& x : sum.x) x.requires_grad_(true);
  sum.scale.requires_grad_(true);
  sum.shift.requires_grad_(true);
  const at::Tensor y = sum.by_batch_norm(true);
  const auto wanted = torch::autograd::grad(
      {y}, {sum.x[0], sum.x[1], sum.x[2], sum.scale, sum.shift}, {dy + dy});
  const auto found = norm_sum_gradients_by_operators(
      {dy, dy},  // two copies are read
      y.detach(),
      {sum.x[0].detach(), sum.x[2].detach()},
      {sum.scale.detach(), sum.scales[1]},
      sum.moments().detach(),
      sum.norms,
      2);
  REQUIRE(found.size() == 4);
  CHECK(close(found[0], wanted[1]));
  CHECK(close(found[2], wanted[0]));
  CHECK(close(found[3], wanted[2]));
  CHECK(close(found[1][0][0], wanted[3]));
  CHECK(close(found[1][1][0], wanted[4]));
}

TEST_CASE("sums on devices: gradients at the sum and at its ReLU") {
  Sum sum;
  const at::Tensor dy = pattern({4, 3, 5, 5}, 17);
  const at::Tensor dr = pattern({4, 3, 5, 5}, 29);
  for (at::Tensor& x : sum.x) x.requires_grad_(true);
  const at::Tensor y = sum.by_batch_norm(false);
  const at::Tensor r = at::relu(y);
  const auto wanted = torch::autograd::grad(
      {y, r}, {sum.x[0], sum.x[1], sum.x[2]}, {dy + dy, dr});
  const auto found = norm_sum_gradients_by_operators(
      {dy, dy, dr},
      r.detach(),
      {sum.x[0].detach(), sum.x[2].detach()},
      sum.scales,
      sum.moments().detach(),
      sum.norms,
      1);
  REQUIRE(found.size() == 4);
  CHECK(close(found[0], wanted[1]));
  CHECK(close(found[2], wanted[0]));
  CHECK(close(found[3], wanted[2]));
}

TEST_CASE("sums on devices: the processor has its own way") {
  CHECK_FALSE(has_sum_operators(at::zeros({1, 1, 1, 1})));
}
