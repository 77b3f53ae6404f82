#include <cmath>

#include "proxies/reductions/fisher_spectrum.h"
#include "tests/proxies/linear_network.h"
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
