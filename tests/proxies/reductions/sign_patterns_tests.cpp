#include <array>
#include <vector>

#include "proxies/reductions/sign_patterns.h"
#include "tests/proxies/linear_network.h"
#include "tests/support/test_files.h"

using namespace zcp;
using zcp::networks::LayerKind;
using zcp::reductions::count_patterns;
using zcp::test::call_of;
using zcp::test::matrix;

TEST_CASE("patterns of ReLU outputs over the samples") {
  // Units (1 0), (1 0), (0 1), (0 0) and, of another layer, (1 1), (0 1).
  const std::vector calls{
      call_of(LayerKind::relu, matrix({{1, 2, 0, 0}, {0, 0, 3, 0}})),
      call_of(LayerKind::conv, matrix({{1}, {1}})),
      call_of(LayerKind::relu, matrix({{1, 0}, {1, 1}}))};
  CHECK(count_patterns(calls) == 4);
  CHECK(reductions::pattern_score(calls).value == 4);
}

TEST_CASE("patterns of activations that can be negative have three signs") {
  const std::vector calls{
      call_of(LayerKind::smooth_activation, matrix({{1, 0, -1, -1, -2}}))};
  CHECK(count_patterns(calls) == 3);
}

TEST_CASE("patterns over more samples than a word holds") {
  // Column u is 1 from row u on: 100 patterns, and 100 more with a sign.
  const at::Tensor steps = at::tril(at::ones({100, 100}, at::kDouble));
  CHECK(count_patterns(std::array{call_of(LayerKind::relu, steps)}) == 100);
  CHECK(
      count_patterns(std::array{
          call_of(LayerKind::relu, steps),
          call_of(LayerKind::smooth_activation, -steps)}) == 200);
}

TEST_CASE("no patterns without activations") {
  const std::array calls{call_of(LayerKind::conv, matrix({{1}}))};
  CHECK_FALSE(count_patterns(calls).has_value());
  CHECK(reductions::pattern_score(calls).status == ScoreStatus::degenerate);
}
