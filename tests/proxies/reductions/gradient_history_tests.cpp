#include <cmath>
#include <limits>

#include "proxies/reductions/gradient_history.h"
#include "tests/proxies/linear_network.h"
#include "tests/support/test_files.h"

using namespace zcp;
using zcp::reductions::GradientHistory;
using zcp::test::matrix;

namespace {

engine::Pass pass_with(
    const networks::Network& network,
    const networks::Recording& recording,
    const at::Tensor& gradient,
    int minibatch) {
  return {
      .network = network,
      .recording = recording,
      .minibatch = minibatch,
      .x = matrix({{1}}),
      .gradients = {gradient}};
}

GradientHistory history_of(const std::vector<at::Tensor>& gradients) {
  const test::LinearNetwork network(matrix({{1, 1}, {1, 1}}));
  const networks::Recording recording;
  GradientHistory history;
  int minibatch = 0;
  for (const at::Tensor& gradient : gradients) {
    history.add(pass_with(network, recording, gradient, minibatch++));
  }
  return history;
}

}  // namespace

TEST_CASE("ZiCo of two gradients by hand, in memory alike or not") {
  // Means of |g| 2, 2, 3, 5; deviations 1, 2, 1, 0: log(2 + 1 + 3).
  const at::Tensor a = matrix({{1, -2}, {2, 5}});
  const at::Tensor b = matrix({{3, 2}, {4, 5}});
  const double expected = std::log(6.0);
  const auto score = [](const std::vector<at::Tensor>& gradients) {
    return reductions::zico_score(history_of(gradients));
  };
  CHECK(score({a, b}).value == doctest::Approx(expected).epsilon(1e-12));
  CHECK(
      score({a.to(at::kFloat), b.to(at::kFloat)}).value ==
      doctest::Approx(expected).epsilon(1e-12));
  CHECK(
      score({a, b.t().contiguous().t()}).value ==
      doctest::Approx(expected).epsilon(1e-12));
  CHECK(score({a, a}).value == 0);
  CHECK(score({at::Tensor(), at::Tensor()}).value == 0);
  CHECK(
      score({a, b * std::numeric_limits<double>::quiet_NaN()}).status ==
      ScoreStatus::degenerate);
}

TEST_CASE("a history holds the gradients that arrived") {
  const GradientHistory history =
      history_of({matrix({{1, 1}, {1, 1}}), at::Tensor()});
  REQUIRE(history.layers().size() == 1);
  CHECK(history.layers()[0].size() == 1);
}

TEST_CASE("a score of all gradients and of the first minibatch") {
  const test::LinearNetwork network(matrix({{1}}));
  const networks::Recording recording;
  const test::TestRun run;
  const auto count = [](const GradientHistory& history, double first) {
    return engine::Score::of(
        static_cast<double>(history.layers()[0].size()) + first);
  };
  const auto score = [&](const engine::MakeObserver& make) {
    const auto observer = make(run.setting(&network));
    for (const int i : {0, 1, 2}) {
      observer->observe(pass_with(network, recording, matrix({{1}}), i));
    }
    return observer->finish().value;
  };
  CHECK(score(reductions::from_gradient_history(count)) == 3);
  CHECK(
      score(reductions::from_gradient_history(
          count, [](const engine::Pass& pass) {
            return 100.0 * (pass.minibatch + 1);
          })) == 103);
}
