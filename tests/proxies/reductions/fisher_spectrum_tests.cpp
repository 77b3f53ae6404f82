#include <cmath>

#include "nets/networks/graph_network.h"
#include "nets/spaces/space.h"
#include "proxies/reductions/fisher_spectrum.h"
#include "tests/proxies/linear_network.h"
#include "tests/support/normal_tensor.h"
#include "tests/support/test_files.h"

using namespace zcp;
using zcp::networks::ParameterKind;
using zcp::test::matrix;

TEST_CASE("the Fisher spectrum of one parameter tensor: nine equal quantiles") {
  // F is one number, so that every quantile is a ninth of their sum.
  const at::Tensor weight = matrix({{0.5, -1}, {1, 0.25}, {-0.5, 2}});
  const at::Tensor x = matrix({{1, 2}, {3, -1}, {-2, 1}});
  for (const auto kind : {ParameterKind::linear_weight, ParameterKind::other}) {
    const test::LinearNetwork network(weight, kind);
    for (const bool transposed : {false, true}) {
      const engine::Score score =
          reductions::fisher_spectrum_score(network, x, transposed);
      REQUIRE(score.status == ScoreStatus::ok);
      CHECK(score.value == doctest::Approx(1 + std::log(9.0)).epsilon(1e-6));
    }
  }
}

TEST_CASE("the Fisher spectrum of logits that do not depend on the weights") {
  const test::LinearNetwork network(matrix({{1, 2}, {3, 4}}));
  const engine::Score score = reductions::fisher_spectrum_score(
      network, at::zeros({2, 2}, at::kDouble), true);
  REQUIRE(score.status == ScoreStatus::ok);
  CHECK(score.value == doctest::Approx(1));
}

TEST_CASE("no Fisher spectrum of logits that are not finite") {
  const test::LinearNetwork network(matrix({{1e308, 1e308}, {1, 1}}));
  const engine::Score score =
      reductions::fisher_spectrum_score(network, matrix({{1e10, 1e10}}), true);
  CHECK(score.status == ScoreStatus::degenerate);
}

TEST_CASE("all ways to the Fisher Jacobian lead to the same one") {
  const Shape shape{3, 8, 8};
  const auto graph = spaces::find_space("nats-tss")
                         .build(
                             "|nor_conv_3x3~0|+|nor_conv_1x1~0|avg_pool_3x3~1|+"
                             "|skip_connect~0|"
                             "nor_conv_3x3~1|nor_conv_1x1~2|",
                             shape,
                             5,
                             {4, 1, true},
                             graph::Folding::functional);
  const auto network = networks::make_graph_network(
      graph,
      initialisers::Initialiser::kaiming_normal,
      3,
      at::TensorOptions(at::kDouble));
  const at::Tensor x = test::normal({2, 3, 8, 8}, 4, at::kDouble);
  const auto jacobian = [&](reductions::JacobianWay way) {
    return reductions::fisher_jacobian(
        *network, x, reductions::Layout::of_graph, way);
  };
  const auto loop = jacobian(reductions::JacobianWay::entries);
  CHECK(loop.j.abs().sum().item<double>() > 0);
  for (const auto way :
       {reductions::JacobianWay::classes,
        reductions::JacobianWay::columns,
        reductions::JacobianWay::cheapest}) {
    const auto other = jacobian(way);
    CHECK(at::allclose(other.j, loop.j, 1e-9, 1e-12));
    CHECK(at::equal(other.logits, loop.logits));
    CHECK(other.tensors == loop.tensors);
  }
  // A sample at a time, since its layers put out more than one number.
  const auto parts = reductions::fisher_jacobian(
      *network,
      x,
      reductions::Layout::samples_first,
      reductions::JacobianWay::columns,
      1);
  CHECK(at::allclose(parts.j, loop.j, 1e-9, 1e-12));
  CHECK(at::allclose(parts.logits, loop.logits, 1e-9, 1e-12));
  CHECK(parts.tensors == loop.tensors);
}

TEST_CASE("the Fisher spectrum of many classes by a Cholesky factor") {
  // A = diag(p) - p p^T has rank K - 1: LAPACK factors all but its last row.
  const std::int64_t classes = 150;
  reductions::FisherJacobian jacobian{
      test::normal({3, classes, 6}, 1, at::kDouble),
      test::normal({3, classes}, 2, at::kDouble),
      9};
  const auto half = [](double value) {
    return static_cast<double>(c10::Half(static_cast<float>(value)));
  };
  const at::Tensor p = at::softmax(jacobian.logits, 1) * half(1 - half(0.05)) +
                       half(half(0.05) / static_cast<double>(classes));
  const at::Tensor a = at::diag_embed(p) - p.unsqueeze(2).bmm(p.unsqueeze(1));
  const auto most = classes - 1;
  const at::Tensor top = a.slice(1, 0, most).slice(2, 0, most);
  const at::Tensor l = at::linalg_cholesky(top);
  const at::Tensor last =
      std::get<0>(
          at::triangular_solve(a.slice(1, 0, most).slice(2, most), l, false))
          .transpose(1, 2);
  at::Tensor lower = at::zeros_like(a);
  lower.slice(1, 0, most).slice(2, 0, most).copy_(l);
  lower.slice(1, most).slice(2, 0, most).copy_(last);
  for (const bool transposed : {false, true}) {
    const at::Tensor product =
        (transposed ? lower.transpose(1, 2) : lower).bmm(jacobian.j);
    const at::Tensor information = product.transpose(1, 2).bmm(product).mean(0);
    const at::Tensor spectrum = at::linalg_eigvalsh(information);
    const at::Tensor t = at::quantile(
        spectrum, at::arange(1, 10, at::TensorOptions(at::kDouble)) / 10.0);
    const at::Tensor share = t / t.sum();
    const double entropy = -(share * share.log()).sum().item<double>();
    const engine::Score score =
        reductions::fisher_spectrum_score(jacobian, transposed);
    REQUIRE(score.status == ScoreStatus::ok);
    CHECK(score.value == doctest::Approx(9 + entropy).epsilon(1e-8));
  }
}
