// The networks' own BatchNorm against LibTorch's in float64.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "nets/batch_norm.h"
#include "tests/test_support.h"

namespace {

constexpr double kEpsilon = 1e-5;

struct Case {
  at::Tensor x;
  at::Tensor scale;
  at::Tensor shift;
  at::Tensor weights;  // of the outputs in the sum that is differentiated
};

Case make_case(std::int64_t channels, std::int64_t side) {
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(7);
  const auto normal = [&](at::IntArrayRef sizes) {
    return at::randn(sizes, generator, at::TensorOptions(at::kDouble));
  };
  Case made{
      normal({6, channels, side, side}),
      normal({channels}),
      normal({channels}),
      normal({6, channels, side, side})};
  // Means far from 0 are where sums of squares lose digits.
  made.x = made.x + 30 * normal({1, channels, 1, 1});
  return made;
}

/// Output and gradients of sum(output * weights).
std::vector<at::Tensor> run(const Case& made, at::ScalarType type, bool own) {
  const auto leaf = [&](const at::Tensor& value) {
    return value.to(type)
        .contiguous(
            value.dim() == 4 ? at::MemoryFormat::ChannelsLast
                             : at::MemoryFormat::Contiguous)
        .requires_grad_(true);
  };
  const at::Tensor x = leaf(made.x);
  const at::Tensor scale = leaf(made.scale);
  const at::Tensor shift = leaf(made.shift);
  const at::Tensor y =
      own ? zcp::nets::batch_norm_of_batch(x, scale, shift, kEpsilon)
          : at::batch_norm(x, scale, shift, {}, {}, true, 0.1, kEpsilon, false);
  auto all = torch::autograd::grad(
      {(y.to(at::kDouble) * made.weights).sum()}, {x, scale, shift});
  all.insert(all.begin(), y.detach());
  return all;
}

double distance(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor wide = b.to(at::kDouble);
  const at::Tensor difference = (a.to(at::kDouble) - wide).norm();
  return (difference / wide.norm()).item<double>();
}

}  // namespace

TEST_CASE("BatchNorm and its gradients equal LibTorch's in float64") {
  // Channels that fill registers together, alone, and that fit no register.
  for (const std::int64_t channels : {1, 16, 64, 96, 7}) {
    CAPTURE(channels);
    const Case made = make_case(channels, 8);
    const auto expected = run(made, at::kDouble, false);
    const auto wide = run(made, at::kFloat, true);
    const auto narrow = run(made, at::kBFloat16, true);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CAPTURE(i);
      CHECK(distance(wide[i], expected[i]) < 1e-5);
      CHECK(wide[i].sizes() == expected[i].sizes());
      // The input's own eight bits, far from 0, are most of the error.
      CHECK(distance(narrow[i], expected[i]) < 0.5);
    }
  }
}

TEST_CASE("BatchNorm in bfloat16 rounds nothing but inputs and outputs") {
  Case made = make_case(16, 8);
  for (at::Tensor* part : {&made.x, &made.scale, &made.shift, &made.weights}) {
    *part = part->to(at::kBFloat16).to(at::kDouble);
  }
  const auto expected = run(made, at::kDouble, false);
  const auto narrow = run(made, at::kBFloat16, true);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    CHECK(distance(narrow[i], expected[i]) < 4e-3);
  }
}

TEST_CASE("BatchNorm has a second derivative, and runs without scale") {
  Case made = make_case(5, 4);
  made.x = at::randn(
      {6, 5, 4, 4},
      at::make_generator<at::CPUGeneratorImpl>(8),
      at::TensorOptions(at::kDouble));
  made.weights = made.weights.square();
  const auto second = [&](at::ScalarType type, bool own) {
    const at::Tensor x = made.x.to(type).requires_grad_(true);
    const at::Tensor scale = made.scale.to(type).requires_grad_(true);
    const at::Tensor shift = made.shift.to(type).requires_grad_(true);
    const at::Tensor y =
        own ? zcp::nets::batch_norm_of_batch(x, scale, shift, kEpsilon)
            : at::batch_norm(
                  x, scale, shift, {}, {}, true, 0.1, kEpsilon, false);
    const auto first = torch::autograd::grad(
        {(y.pow(3) * made.weights.to(type)).sum()}, {x, scale}, {}, true, true);
    // Gradients at both that go with x and y, so that no mean is small.
    return torch::autograd::grad(
        {(first[0] * (x + 1)).pow(2).sum() + first[1].pow(2).sum() +
         (first[0] * (y + x.pow(2))).sum()},
        {x, scale, shift});
  };
  const auto expected = second(at::kDouble, false);
  const auto found = second(at::kFloat, true);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    CHECK(distance(found[i], expected[i]) < 1e-5);
  }
  const at::Tensor bare =
      zcp::nets::batch_norm_of_batch(made.x.to(at::kFloat), {}, {}, kEpsilon);
  const at::Tensor plain =
      at::batch_norm(made.x, {}, {}, {}, {}, true, 0.1, kEpsilon, false);
  CHECK(distance(bare, plain) < 1e-5);
}
