#include "proxies/reductions/sample_axis.h"
#include "tests/proxies/linear_network.h"
#include "tests/support/normal_tensor.h"
#include "tests/support/test_files.h"

using namespace zcp;
using networks::LayerCall;

namespace {

/// A network whose only call is a ReLU of what `arrange` makes of x.
class Arranged final : public networks::Network {
 public:
  using Arrange = at::Tensor (*)(const at::Tensor&);
  explicit Arranged(Arrange arrange) : Network({}), arrange_(arrange) {}

  at::Tensor forward(
      const at::Tensor& x,
      networks::BatchNormMode,
      networks::Recording* recording) const override {
    const at::Tensor out = arrange_(x).relu();
    if (recording != nullptr) {
      recording->calls.push_back(test::call_of(networks::LayerKind::relu, out));
    }
    return x;
  }

  std::unique_ptr<networks::Network> with_parameters(
      const std::function<at::Tensor(const networks::Parameter&)>&)
      const override {
    return std::make_unique<Arranged>(arrange_);
  }

 private:
  Arrange arrange_;
};

std::optional<std::string> fault(Arranged::Arrange arrange) {
  const Arranged network(arrange);
  return reductions::sample_axis_fault(
      network, test::normal({3, 3, 4}, 1, at::kFloat), &reductions::is_relu);
}

}  // namespace

TEST_CASE("rows that are samples have no fault") {
  CHECK_FALSE(fault([](const at::Tensor& x) { return x.clone(); }));
  CHECK_FALSE(fault([](const at::Tensor& x) { return x.flatten(1); }));
}

TEST_CASE("patches in the batch are told by the shape") {
  const auto reason =
      fault([](const at::Tensor& x) { return x.flatten(0, 1); });
  REQUIRE(reason.has_value());
  CHECK(
      *reason ==
      "a layer's tensor of shape [9, 4] has not the 3 samples along its first "
      "axis");
}

TEST_CASE("as many tokens as samples in front are told by a changed sample") {
  CHECK(fault([](const at::Tensor& x) { return x.transpose(0, 1); }));
  CHECK(fault([](const at::Tensor& x) { return x.flip(0); }));
  CHECK(fault([](const at::Tensor& x) { return x - x.mean(0, true); }));
}

TEST_CASE("calls that are not looked at have no fault") {
  const Arranged network(
      [](const at::Tensor& x) { return x.transpose(0, 1).contiguous(); });
  CHECK_FALSE(reductions::sample_axis_fault(
      network, test::normal({3, 3, 4}, 1, at::kFloat), [](const LayerCall&) {
        return false;
      }));
}

namespace {

/// What a proxy that counts nothing scores after a pass of such a call.
engine::Score score_after(
    const engine::MakeObserver& make,
    networks::LayerKind kind,
    at::IntArrayRef sizes) {
  const Arranged network([](const at::Tensor& x) { return x.clone(); });
  engine::RunSettings run;
  engine::DeviceMinibatch batch;
  batch.x = test::normal({8, 3, 4}, 1, at::kFloat);
  const engine::Setting setting{
      run, &network, nullptr, 0, 0, 1, std::span(&batch, 1), {}};
  const auto observer = make(setting);
  networks::Recording recording;
  recording.calls.push_back(test::call_of(kind, at::ones(sizes)));
  observer->observe({network, recording, 0, batch.x});
  return observer->finish();
}

const engine::MakeObserver kOne =
    engine::from_pass([](const engine::Pass&) { return engine::Score::of(1); });

}  // namespace

TEST_CASE("a minibatch that is divided is told where it runs") {
  const auto relu = networks::LayerKind::relu;
  const auto rows = reductions::with_samples_first(&reductions::is_relu, kOne);
  CHECK(score_after(rows, relu, {8, 5}).status == ScoreStatus::ok);
  const engine::Score part = score_after(rows, relu, {4, 5});
  CHECK(part.status == ScoreStatus::degenerate);
  CHECK(
      part.reason ==
      "a layer's tensor of shape [4, 5] has not the 8 samples along its first "
      "axis");
  // Layers that no one looks at may be anything.
  CHECK(
      score_after(rows, networks::LayerKind::conv, {4, 5}).status ==
      ScoreStatus::ok);
}

TEST_CASE("windows and tokens in front are no part of a minibatch") {
  const auto relu = networks::LayerKind::relu;
  const auto whole = reductions::with_whole_batches(&reductions::is_relu, kOne);
  CHECK(score_after(whole, relu, {8, 5}).status == ScoreStatus::ok);
  CHECK(score_after(whole, relu, {32, 5}).status == ScoreStatus::ok);
  CHECK(score_after(whole, relu, {5, 8, 6}).status == ScoreStatus::ok);
  CHECK(score_after(whole, relu, {4, 5}).status == ScoreStatus::degenerate);
  CHECK(score_after(whole, relu, {1, 5}).status == ScoreStatus::degenerate);
}

namespace {

/// A network that is known to keep samples apart, and cannot run.
class Known final : public networks::Network {
 public:
  Known() : Network({}) {}

  at::Tensor forward(
      const at::Tensor&,
      networks::BatchNormMode,
      networks::Recording*) const override {
    throw std::logic_error("a pass is run");
  }

  bool keeps_samples_apart(std::int64_t axes) const override {
    return axes == 4;
  }

  std::unique_ptr<networks::Network> with_parameters(
      const std::function<at::Tensor(const networks::Parameter&)>&)
      const override {
    return std::make_unique<Known>();
  }
};

}  // namespace

TEST_CASE("a network that is known to keep samples apart is not run") {
  const Known network;
  CHECK_FALSE(reductions::sample_axis_fault(
      network,
      test::normal({2, 3, 4, 4}, 1, at::kFloat),
      &reductions::is_relu));
  CHECK_THROWS_AS(
      reductions::sample_axis_fault(
          network,
          test::normal({2, 3, 4}, 1, at::kFloat),
          &reductions::is_relu),
      std::logic_error);
}
