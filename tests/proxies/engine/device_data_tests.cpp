#include <stdexcept>
#include <vector>

#include "common/random.h"
#include "proxies/engine/device_data.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::engine;

namespace {

/// Two samples of 1 x 2 x 2: 0, 1, ..., 7.
Minibatch two_samples() {
  Minibatch minibatch{2, {1, 2, 2}, {}, {}};
  for (int i = 0; i < 8; ++i) minibatch.x.push_back(static_cast<float>(i));
  return minibatch;
}

}  // namespace

TEST_CASE("a minibatch on the device: labels a sample, or a pixel") {
  Minibatch host = two_samples();
  host.y = {3, 1};
  const DeviceMinibatch one = on_device(host, at::TensorOptions(at::kDouble));
  CHECK(one.x.sizes() == at::IntArrayRef({2, 1, 2, 2}));
  CHECK((one.x.scalar_type() == at::kDouble));
  CHECK(one.x[1][0][1][0].item<double>() == 6);
  CHECK(one.y.sizes() == at::IntArrayRef({2}));
  CHECK(one.y[0].item<std::int64_t>() == 3);
  CHECK_FALSE(one.scale.defined());
  host.y = {0, 1, 2, 3, 4, 5, 6, 7};
  const DeviceMinibatch map = on_device(host, at::TensorOptions(at::kFloat));
  CHECK(map.y.sizes() == at::IntArrayRef({2, 2, 2}));
  CHECK(map.y[1][0][1].item<std::int64_t>() == 5);
}

TEST_CASE("a minibatch on the device: numbers keep 32 bits or more") {
  Minibatch host = two_samples();
  host.numbers = {1, 2, 3, 4, 5, 6};
  host.scale = {2, 2, 2};
  host.offset = {0, 1, 0};
  const DeviceMinibatch in_bf16 =
      on_device(host, at::TensorOptions(at::kBFloat16));
  CHECK((in_bf16.x.scalar_type() == at::kBFloat16));
  CHECK((in_bf16.y.scalar_type() == at::kFloat));
  CHECK(in_bf16.y.sizes() == at::IntArrayRef({2, 3}));
  CHECK(in_bf16.scale.sizes() == at::IntArrayRef({1, 3}));
  CHECK(in_bf16.offset[0][1].item<double>() == 1);
  const DeviceMinibatch in_fp64 =
      on_device(host, at::TensorOptions(at::kDouble));
  CHECK((in_fp64.y.scalar_type() == at::kDouble));
}

TEST_CASE("a minibatch whose arrays have another size is refused") {
  Minibatch host = two_samples();
  host.y = {0, 1, 2};
  CHECK_THROWS_AS(
      on_device(host, at::TensorOptions(at::kFloat)), std::invalid_argument);
}

TEST_CASE("random inputs are those given, or drawn by seed and purpose") {
  RunSettings run;
  run.seed = 7;
  run.batch_size = 2;
  run.options = at::TensorOptions(at::kFloat);
  HostNoise given;
  given.perturbation.assign(8, 0.5F);
  given.signs = {1, -1, 1};
  const RandomInputs random = draw_random_inputs(run, {1, 2, 2}, given);
  std::vector<float> expected(8);
  fill_normal(expected, 1.0F, derive_seed(7, "noise"));
  CHECK(random.noise.sizes() == at::IntArrayRef({2, 1, 2, 2}));
  CHECK(at::equal(random.noise.flatten(), at::tensor(expected)));
  CHECK(random.perturbation.eq(0.5).all().item<bool>());
  CHECK(random.signs.numel() == 3);
  const at::Tensor directions = random.circle.flatten(1);
  const at::Tensor products = directions.mm(directions.t());
  CHECK(at::allclose(products, at::eye(2), 1e-5, 1e-6));
  CHECK_FALSE(draw_random_inputs(run, {1, 2, 2}, {}).signs.defined());
}
