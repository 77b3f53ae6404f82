#include <limits>
#include <stdexcept>

#include "proxies/engine/observer.h"
#include "tests/proxies/linear_network.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::engine;
using zcp::test::matrix;

TEST_CASE("an observer of one pass, and of a pass that never came") {
  const test::LinearNetwork network(matrix({{1, 2}}));
  const networks::Recording recording;
  const test::TestRun run;
  const Setting setting = run.setting(&network);
  const Pass pass{
      .network = network, .recording = recording, .x = matrix({{3, 4}})};
  const auto sum = from_pass(
      [](const Pass& seen) { return score_of(seen.x.sum(), "not finite"); });
  const auto observer = sum(setting);
  CHECK(observer->finish().status == ScoreStatus::degenerate);
  observer->observe(pass);
  CHECK(observer->finish().value == 7);
  const auto with_setting =
      from_pass([](const Pass& seen, const Setting& given) {
        return Score::of(seen.x[0][0].item<double>() + given.classes);
      })(setting);
  with_setting->observe(pass);
  CHECK(with_setting->finish().value == 5);
}

TEST_CASE("a score of the setting alone") {
  const test::TestRun run;
  Setting setting = run.setting(nullptr);
  setting.params = 12;
  const auto make = from_setting([](const Setting& given) {
    return Score::of(static_cast<double>(given.params));
  });
  CHECK(make(setting)->finish().value == 12);
}

TEST_CASE("sums over layers leave out those without a gradient") {
  const test::LinearNetwork network(matrix({{1, 2}}));
  const networks::Recording recording;
  const test::TestRun run;
  const auto make = from_layer_gradients(
      [](const LayerGradient& layer) {
        return (layer.weight * layer.gradient).sum();
      },
      [](const FlatLayers& layers) {
        return (layers.weights * layers.gradients).sum();
      },
      "a gradient is not finite");
  const auto score = [&](const at::Tensor& gradient) {
    const auto observer = make(run.setting(&network));
    observer->observe(
        {.network = network,
         .recording = recording,
         .x = matrix({{1, 1}}),
         .gradients = {gradient}});
    return observer->finish();
  };
  CHECK(score(matrix({{3, 5}})).value == 13);
  CHECK(score(at::Tensor()).value == 0);
  const Score none =
      score(matrix({{std::numeric_limits<double>::infinity(), 0}}));
  CHECK(none.status == ScoreStatus::degenerate);
  CHECK(none.reason == "a gradient is not finite");
  const test::LinearNetwork other(
      matrix({{1, 2}}), networks::ParameterKind::other);
  const Pass pass{
      .network = other,
      .recording = recording,
      .x = matrix({{1, 1}}),
      .gradients = {matrix({{3, 5}})}};
  CHECK_THROWS_WITH_AS(
      layer_gradients(pass), "no layer has weights", std::runtime_error);
}

TEST_CASE("sums of terms") {
  CHECK(sum_of({}, "not finite").value == 0);
  CHECK(sum_of({matrix({{1}}), matrix({{2.5}})}, "not finite").value == 3.5);
}
