#include <cmath>

#include "proxies/reductions/first_sample.h"
#include "tests/proxies/linear_network.h"
#include "tests/support/test_files.h"

using namespace zcp;
using zcp::test::call_of;
using zcp::test::matrix;

namespace {

/// Two samples, of which the first is `rows`; returned by `calls` modules.
networks::LayerCall first_sample_call(const at::Tensor& rows, int calls) {
  networks::LayerCall call = call_of(
      networks::LayerKind::conv,
      at::stack({rows, at::full_like(rows, 9)}).unsqueeze(2));
  call.calls = calls;
  return call;
}

}  // namespace

TEST_CASE("the smallest eigenvalue of a correlation") {
  // r = 1/2 between (1, 0, -1) and (1, -1, 0): eigenvalues 1 - r and 1 + r.
  const auto smallest = [](const at::Tensor& rows) {
    return reductions::smallest_correlation_eigenvalue(rows).item<double>();
  };
  CHECK(smallest(matrix({{1, 0, -1}, {1, -1, 0}})) == doctest::Approx(0.5));
  // A constant row has correlation 0 with itself too.
  CHECK(smallest(matrix({{1, 0, -1}, {2, 2, 2}})) == doctest::Approx(0));
  CHECK(smallest(matrix({{1}, {2}})) == 0);
}

TEST_CASE("sums over the first sample's outputs") {
  const test::LinearNetwork network(matrix({{1}}));
  networks::Recording recording;
  recording.calls = {
      first_sample_call(matrix({{2, 0}, {0, 1}}), 1),
      first_sample_call(matrix({{4, 0}, {0, 1}}), 3),
      first_sample_call(matrix({{0, 0}, {0, 0}}), 1),
      first_sample_call(matrix({{1, 0}, {0, 1}}), 0)};
  const engine::Pass pass{
      .network = network, .recording = recording, .x = at::zeros({2, 1})};
  // 1/2 + 3 * 1/4 + 0; no module returns the last.
  CHECK(
      reductions::log_condition_sum(pass).item<double>() ==
      doctest::Approx(std::log(1 + 1.25)));
  const engine::Score sum = reductions::sum_over_first_samples(
      pass,
      [](const at::Tensor& rows, int calls) { return rows.sum() * calls; });
  CHECK(sum.value == doctest::Approx(3 + 3 * 5));
  const engine::Score none = reductions::sum_over_first_samples(
      pass, [](const at::Tensor& rows, int) { return rows.sum().log(); });
  CHECK(none.status == ScoreStatus::degenerate);
}
