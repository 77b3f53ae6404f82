// The networks' own BatchNorm against LibTorch's in float64.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <limits>

#include "nets/kernels/batch_norm.h"
#include "tests/support/test_files.h"

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
      own ? zcp::kernels::batch_norm_of_batch(x, scale, shift, kEpsilon)
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

/// Where processors do not, LibTorch's code rounds products of their own.
bool multiplies_and_adds_at_once() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("fma") != 0;
#else
  return false;
#endif
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
        own ? zcp::kernels::batch_norm_of_batch(x, scale, shift, kEpsilon)
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
  const at::Tensor bare = zcp::kernels::batch_norm_of_batch(
      made.x.to(at::kFloat), {}, {}, kEpsilon);
  const at::Tensor plain =
      at::batch_norm(made.x, {}, {}, {}, {}, true, 0.1, kEpsilon, false);
  CHECK(distance(bare, plain) < 1e-5);
}

TEST_CASE("BatchNorm of given statistics has LibTorch's derivatives") {
  const auto derivatives = [](const Case& made, at::ScalarType type, bool own) {
    const auto leaf = [&](const at::Tensor& value) {
      return value.detach().to(type).requires_grad_(true);
    };
    const std::vector<at::Tensor> by{
        leaf(made.x), leaf(made.scale), leaf(made.shift)};
    const at::Tensor mean = made.scale.to(type) + 1;
    const at::Tensor variance = made.shift.to(type).square() + 0.5;
    const at::Tensor y =
        own ? zcp::kernels::batch_norm_of_statistics(
                  by[0], by[1], by[2], mean, variance, kEpsilon)
            : at::batch_norm(
                  by[0],
                  by[1],
                  by[2],
                  mean,
                  variance,
                  false,
                  0.1,
                  kEpsilon,
                  false);
    auto all = torch::autograd::grad(
        {(y.pow(3) * made.weights.to(type)).sum()}, by, {}, true, true);
    const auto second = torch::autograd::grad(
        {(all[0] * (by[0] + 1)).pow(2).sum() + all[1].pow(2).sum() +
         all[2].pow(2).sum()},
        by);
    all.insert(all.end(), second.begin(), second.end());
    all.push_back(y.detach());
    return all;
  };
  const auto options = at::TensorOptions(at::kDouble);
  for (const bool maps : {true, false}) {
    CAPTURE(maps);
    Case made = make_case(5, 4);
    const auto generator = at::make_generator<at::CPUGeneratorImpl>(8);
    made.x = at::randn({6, 5, 4, 4}, generator, options);
    if (!maps) {
      made.x = made.x.select(3, 0).select(2, 0).clone();
      made.weights = made.weights.select(3, 0).select(2, 0).clone();
    }
    const auto expected = derivatives(made, at::kDouble, false);
    const auto wide = derivatives(made, at::kDouble, true);
    const auto found = derivatives(made, at::kFloat, true);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CAPTURE(i);
      CHECK(distance(wide[i], expected[i]) < 1e-13);
      CHECK(distance(found[i], expected[i]) < 1e-5);
    }
  }
  const at::Tensor x = at::ones({2, 5, 3, 3}).requires_grad_(true);
  const at::Tensor one = at::ones({1});
  CHECK_THROWS_AS(
      zcp::kernels::batch_norm_of_statistics(x, {}, {}, one, one, kEpsilon),
      c10::Error);
}

namespace {

/// The terms of a sum in float32 or bfloat16, with leaves to differentiate by.
struct Terms {
  std::vector<zcp::kernels::SumTerm> terms;
  std::vector<at::Tensor> leaves;
};

Terms make_terms(
    at::ScalarType type,
    std::int64_t channels = 16,
    std::int64_t side = 6) {
  Terms made;
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(11);
  const auto leaf = [&](at::IntArrayRef sizes) {
    at::Tensor value =
        at::randn(sizes, generator, at::TensorOptions(at::kFloat)).to(type);
    if (value.dim() == 4) {
      value = value.contiguous(at::MemoryFormat::ChannelsLast);
    }
    made.leaves.push_back(value.requires_grad_(true));
    return made.leaves.back();
  };
  for (const bool normalised : {false, true, true, false}) {
    zcp::kernels::SumTerm term;
    term.x = leaf({5, channels, side, side});
    if (normalised) {
      term.normalised = true;
      term.scale = leaf({channels});
      term.shift = leaf({channels});
      term.epsilon = kEpsilon;
    }
    made.terms.push_back(term);
  }
  return made;
}

/// The same sum operator by operator, `copies` of one tensor.
std::vector<at::Tensor> sum_by_parts(
    const std::vector<zcp::kernels::SumTerm>& terms,
    const zcp::kernels::SumEnd& end) {
  at::Tensor sum;
  for (const auto& term : terms) {
    const at::Tensor value =
        term.normalised ? zcp::kernels::batch_norm_of_batch(
                              term.x, term.scale, term.shift, term.epsilon)
                        : term.x;
    sum = sum.defined() ? sum + value : value;
  }
  if (end.relu) {
    sum = std::isinf(end.ceiling) ? at::relu(sum)
                                  : at::hardtanh(sum, 0, end.ceiling);
  }
  return std::vector<at::Tensor>(static_cast<std::size_t>(end.copies), sum);
}

/// A sum of the readers of the copies, each with weights of its own.
at::Tensor read(const std::vector<at::Tensor>& copies) {
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(12);
  at::Tensor total;
  for (const at::Tensor& copy : copies) {
    const at::Tensor weights =
        at::randn(copy.sizes(), generator, at::TensorOptions(at::kFloat));
    const at::Tensor one = (copy * weights.to(copy.scalar_type())).sum();
    total = total.defined() ? total + one : one;
  }
  return total;
}

}  // namespace

TEST_CASE("a sum of BatchNorms at one go has the bits of its parts") {
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    for (const bool relu : {false, true}) {
      for (const int copies : {1, 3}) {
        CAPTURE(relu);
        CAPTURE(copies);
        // Of registers, of none, and maps whose layout is ambiguous.
        const std::int64_t channels = copies == 1 ? 7 : 16;
        const std::int64_t side = relu ? 6 : 1;
        const Terms made = make_terms(type, channels, side);
        const zcp::kernels::SumEnd end{relu, copies};
        const auto own = zcp::kernels::sum_of_batch_norms(made.terms, end);
        const auto parts = sum_by_parts(made.terms, end);
        REQUIRE(static_cast<int>(own.size()) == copies);
        for (const at::Tensor& copy : own) {
          CHECK(at::equal(copy, parts[0]));
          CHECK(copy.strides() == parts[0].strides());
        }
        const auto found = torch::autograd::grad({read(own)}, made.leaves);
        const auto expected = torch::autograd::grad({read(parts)}, made.leaves);
        for (std::size_t i = 0; i < found.size(); ++i) {
          CAPTURE(i);
          CHECK(at::equal(found[i], expected[i]));
        }
      }
    }
  }
}

TEST_CASE("a sum of BatchNorms may end in a ReLU that ends itself") {
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const Terms made = make_terms(type);
    const zcp::kernels::SumEnd end{.relu = true, .ceiling = 1.5};
    const auto own = zcp::kernels::sum_of_batch_norms(made.terms, end);
    const auto parts = sum_by_parts(made.terms, end);
    CHECK(at::equal(own[0], parts[0]));
    CHECK(own[0].max().item<double>() == 1.5);
    // LibTorch 1.13 has no gradient of hardtanh in bfloat16.
    if (type == at::kBFloat16) continue;
    const auto found = torch::autograd::grad({read(own)}, made.leaves);
    const auto expected = torch::autograd::grad({read(parts)}, made.leaves);
    for (std::size_t i = 0; i < found.size(); ++i) {
      CAPTURE(i);
      CHECK(at::equal(found[i], expected[i]));
    }
  }
}

TEST_CASE("a copy that nothing reads takes no part in the gradient") {
  const Terms made = make_terms(at::kFloat);
  const auto copies = zcp::kernels::sum_of_batch_norms(made.terms, {true, 3});
  const auto alone = zcp::kernels::sum_of_batch_norms(made.terms, {true, 1});
  const auto found = torch::autograd::grad({copies[1].sum()}, made.leaves);
  const auto expected = torch::autograd::grad({alone[0].sum()}, made.leaves);
  for (std::size_t i = 0; i < found.size(); ++i) {
    CHECK(at::equal(found[i], expected[i]));
  }
}

TEST_CASE("a sum of BatchNorms has the second derivative of its parts") {
  double ceiling = std::numeric_limits<double>::infinity();
  SUBCASE("with a ReLU") {}
  SUBCASE("with one that ends") {
    ceiling = 1.5;
  }
  const auto second = [&](bool own) {
    const Terms made = make_terms(at::kFloat);
    const zcp::kernels::SumEnd end{
        .relu = true, .copies = 2, .ceiling = ceiling};
    const auto copies = own ? zcp::kernels::sum_of_batch_norms(made.terms, end)
                            : sum_by_parts(made.terms, end);
    const auto first = torch::autograd::grad(
        {(copies[0].pow(3) + copies[1].pow(2)).sum()},
        made.leaves,
        {},
        true,
        true);
    at::Tensor total;
    for (const at::Tensor& gradient : first) {
      const at::Tensor one = gradient.pow(2).sum();
      total = total.defined() ? total + one : one;
    }
    return torch::autograd::grad({total}, made.leaves);
  };
  const auto expected = second(false);
  const auto found = second(true);
  for (std::size_t i = 0; i < found.size(); ++i) {
    CAPTURE(i);
    CHECK(distance(found[i], expected[i]) < 1e-6);
  }
}

TEST_CASE("each BatchNorm of a sum tells the moments of its batch") {
  Terms made = make_terms(at::kFloat);
  std::vector<zcp::kernels::BatchMoments> moments(made.terms.size());
  for (std::size_t k = 0; k < moments.size(); ++k) {
    made.terms[k].moments = &moments[k];
  }
  zcp::kernels::sum_of_batch_norms(made.terms, {true, 1});
  for (std::size_t k = 0; k < moments.size(); ++k) {
    CAPTURE(k);
    CHECK(moments[k].mean.defined() == made.terms[k].normalised);
    if (!made.terms[k].normalised) continue;
    const at::Tensor x = made.terms[k].x.detach().to(at::kDouble);
    const auto [variance, mean] =
        at::var_mean(x, at::IntArrayRef{0, 2, 3}, true, false);
    CHECK(distance(moments[k].mean, mean) < 1e-12);
    CHECK(distance(moments[k].variance, variance) < 1e-12);
  }
}

TEST_CASE("BatchNorm rounded as of planes has the bits of LibTorch's") {
  using zcp::kernels::NormRounding;
  for (const std::int64_t channels : {1, 16, 64, 96, 7}) {
    for (const std::int64_t side : {2, 5, 16}) {
      CAPTURE(channels);
      CAPTURE(side);
      const Case made = make_case(channels, side);
      const at::Tensor planes = made.x.to(at::kFloat).contiguous();
      const at::Tensor scale = made.scale.to(at::kFloat);
      const at::Tensor shift = made.shift.to(at::kFloat);
      const at::Tensor found = zcp::kernels::batch_norm_of_batch(
          planes.contiguous(at::MemoryFormat::ChannelsLast),
          scale,
          shift,
          kEpsilon,
          nullptr,
          NormRounding::as_planes);
      const at::Tensor expected = at::batch_norm(
          planes, scale, shift, {}, {}, true, 0.1, kEpsilon, false);
      CHECK(distance(found, expected) < 1e-5);
      if (multiplies_and_adds_at_once()) CHECK(at::equal(found, expected));
    }
  }
}
