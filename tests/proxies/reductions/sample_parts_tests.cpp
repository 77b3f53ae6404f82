#include "proxies/reductions/sample_parts.h"
#include "tests/proxies/linear_network.h"
#include "tests/support/normal_tensor.h"

using namespace zcp;

namespace {

/// Its one call puts out as many numbers as the input has. The output of a
/// sample has `mixing` times the mean of all.
class OneCall final : public networks::Network {
 public:
  OneCall(networks::LayerKind kind, double mixing)
      : Network({}), kind_(kind), mixing_(mixing) {}

  at::Tensor forward(
      const at::Tensor& x,
      networks::BatchNormMode,
      networks::Recording* recording) const override {
    if (recording != nullptr) {
      recording->calls.push_back(test::call_of(kind_, x));
      recording->calls.emplace_back();  // nothing is known of its output
    }
    return x.pow(2) + mixing_ * x.mean(0, true);
  }

  std::unique_ptr<networks::Network> with_parameters(
      const std::function<at::Tensor(const networks::Parameter&)>&)
      const override {
    return std::make_unique<OneCall>(kind_, mixing_);
  }

 private:
  networks::LayerKind kind_;
  double mixing_;
};

std::int64_t at_once(
    const networks::Network& network,
    std::int64_t numbers,
    networks::BatchNormMode mode = networks::BatchNormMode::batch_statistics) {
  const at::Tensor x = test::normal({8, 10}, 1, at::kDouble);
  reductions::ForwardPass whole;
  whole.output = network.forward(x, mode, &whole.recording);
  return reductions::samples_at_once(network, x, mode, whole, numbers);
}

}  // namespace

TEST_CASE("so many samples at once put out at most the numbers allowed") {
  const OneCall network(networks::LayerKind::linear, 0);
  CHECK(at_once(network, 80) == 8);
  CHECK(at_once(network, 79) == 4);
  CHECK(at_once(network, 30) == 2);  // 8 samples in 3 parts
  CHECK(at_once(network, 1) == 1);
  CHECK(at_once(network, reductions::kAllAtOnce) == 8);
}

TEST_CASE("samples that interact are taken at once") {
  using networks::BatchNormMode;
  using networks::LayerKind;
  CHECK(at_once(OneCall(LayerKind::linear, 0.1), 1) == 8);
  const OneCall norm(LayerKind::batch_norm, 0);
  CHECK(at_once(norm, 1) == 8);
  CHECK(at_once(norm, 1, BatchNormMode::running_statistics) == 1);
}

TEST_CASE("a part of a minibatch has its samples, their targets and places") {
  engine::DeviceMinibatch batch;
  batch.x = test::normal({5, 2}, 1, at::kDouble);
  batch.y = at::arange(5, at::kLong);
  batch.samples = {2, 10, 5};
  batch.largest_label = 4;
  const auto part = reductions::part_of(batch, 3, 4);
  CHECK(at::equal(part.x, batch.x.slice(0, 3, 5)));
  CHECK(at::equal(part.y, at::tensor({3, 4}, at::kLong)));
  CHECK(part.samples.minibatch == 2);
  CHECK(part.samples.first == 13);
  CHECK(part.samples.count == 2);
  CHECK(part.largest_label == 4);
  batch.y = at::Tensor();
  CHECK_FALSE(reductions::part_of(batch, 0, 1).y.defined());
}
