#include <functional>
#include <string>

#include "proxies/engine/passes.h"
#include "tests/proxies/linear_network.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::engine;
using zcp::test::matrix;

namespace {

/// A proxy with these needs whose score is made by `reduce`.
Descriptor proxy_with(
    const Needs& needs,
    std::function<Score(const Pass&)> reduce) {
  Descriptor proxy;
  proxy.needs = needs;
  proxy.make = from_pass(std::move(reduce));
  return proxy;
}

/// The sum of a tensor times 1, 10, 100, ... by element: tells where each is.
double digits(const at::Tensor& values) {
  const at::Tensor flat = values.detach().flatten().to(at::kDouble);
  const at::Tensor powers =
      at::pow(10.0, at::arange(flat.numel(), at::kDouble));
  return (flat * powers).sum().item<double>();
}

/// W = (1 -2; 3 4), minibatches (1, 1) -> (0, 0) and (2, 0) -> (0, 0).
struct Scene {
  test::LinearNetwork network{matrix({{1, -2}, {3, 4}})};
  test::TestRun run;

  Scene() {
    run.settings.minibatches = 2;
    run.settings.loss = Loss::squared_error;
    for (const at::Tensor& x : {matrix({{1, 1}}), matrix({{2, 0}})}) {
      DeviceMinibatch batch;
      batch.x = x;
      batch.y = matrix({{0, 0}});
      run.minibatches.push_back(batch);
    }
    run.random.noise = matrix({{5, 6}, {7, 8}});
  }

  Score score(PassKind kind, const Descriptor& proxy) const {
    ProxyRun one(proxy);
    run_group(kind, run.setting(&network), {&one});
    return one.score();
  }
};

}  // namespace

TEST_CASE("the Jacobian shares the passes of minibatches") {
  CHECK(shared_kind(PassKind::jacobian) == PassKind::minibatch);
  CHECK(shared_kind(PassKind::noise) == PassKind::noise);
}

TEST_CASE("gradients of a squared error, at weights and outputs") {
  // Outputs (-1, 7): dL/dout = out (the mean of two squares), dL/dW = out x^T.
  const Scene scene;
  const auto weights = proxy_with(
      {.pass = PassKind::minibatch, .parameter_gradients = true},
      [](const Pass& pass) { return Score::of(digits(pass.gradients[0])); });
  CHECK(
      scene.score(PassKind::minibatch, weights).value ==
      doctest::Approx(-1 - 10 + 700 + 7000));
  const auto outputs = proxy_with(
      {.pass = PassKind::minibatch,
       .activation_gradients = true,
       .layer_outputs = true},
      [](const Pass& pass) {
        return Score::of(digits(pass.output_gradients[0]));
      });
  CHECK(
      scene.score(PassKind::minibatch, outputs).value ==
      doctest::Approx(-1 + 70));
}

TEST_CASE("only those who ask see every minibatch") {
  const Scene scene;
  Needs needs{.pass = PassKind::minibatch};
  const auto last = [](const Pass& pass) { return Score::of(pass.minibatch); };
  CHECK(scene.score(PassKind::minibatch, proxy_with(needs, last)).value == 0);
  needs.all_minibatches = true;
  CHECK(scene.score(PassKind::minibatch, proxy_with(needs, last)).value == 1);
}

TEST_CASE("the derivative of the summed logits at the input") {
  const Scene scene;
  const auto proxy = proxy_with(
      {.pass = PassKind::jacobian},
      [](const Pass& pass) { return Score::of(digits(pass.input_gradient)); });
  CHECK(
      scene.score(PassKind::minibatch, proxy).value == doctest::Approx(4 + 20));
}

TEST_CASE("noise passes take the batch, or its first sample") {
  const Scene scene;
  const auto inputs = [](const Pass& pass) {
    return Score::of(digits(pass.x));
  };
  CHECK(
      scene.score(PassKind::noise, proxy_with({}, inputs)).value ==
      5 + 60 + 700 + 8000);
  CHECK(
      scene.score(PassKind::noise_one, proxy_with({}, inputs)).value == 5 + 60);
}

TEST_CASE("SynFlow's pass: ones and absolute weights") {
  const Scene scene;
  const auto output = proxy_with(
      {}, [](const Pass& pass) { return Score::of(digits(pass.logits)); });
  CHECK(scene.score(PassKind::synflow, output).value == 3 + 70);
  const auto gradient = proxy_with({}, [](const Pass& pass) {
    return Score::of(digits(pass.gradients[0]));
  });
  CHECK(scene.score(PassKind::synflow, gradient).value == 1111);
}

TEST_CASE("a loss that cannot be computed leaves the Jacobian's proxies") {
  Scene scene;
  scene.run.minibatches[0].y = matrix({{0, 0, 0}});  // the outputs are two
  const auto of_loss = proxy_with(
      {.pass = PassKind::minibatch, .parameter_gradients = true},
      [](const Pass& pass) { return Score::of(digits(pass.gradients[0])); });
  const auto of_jacobian = proxy_with(
      {.pass = PassKind::jacobian},
      [](const Pass& pass) { return Score::of(digits(pass.input_gradient)); });
  ProxyRun loss(of_loss);
  ProxyRun jacobian(of_jacobian);
  run_group(
      PassKind::minibatch,
      scene.run.setting(&scene.network),
      {&loss, &jacobian});
  CHECK(loss.score().status == ScoreStatus::failed);
  CHECK_FALSE(loss.score().reason.empty());
  CHECK(jacobian.score().status == ScoreStatus::ok);
  CHECK(jacobian.score().value == doctest::Approx(4 + 20));
}
