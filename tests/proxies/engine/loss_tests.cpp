#include <cmath>
#include <stdexcept>

#include "proxies/engine/loss.h"
#include "tests/proxies/linear_network.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::engine;
using doctest::Approx;
using zcp::test::matrix;

namespace {

/// Two samples of two numbers: differences (1, 1) and (0, 4).
const at::Tensor& outputs() {
  static const at::Tensor all = matrix({{4, 5}, {0, 4}});
  return all;
}

DeviceMinibatch numbers() {
  DeviceMinibatch batch;
  batch.y = matrix({{3, 4}, {0, 0}});
  return batch;
}

RunSettings run_of(Loss loss) {
  RunSettings run;
  run.loss = loss;
  return run;
}

/// A run whose loss is the sum of the outputs, times the number of the
/// minibatch, plus that of the first sample.
RunSettings run_with_own_loss() {
  RunSettings run;
  run.loss_function = [](const at::Tensor& output, const Samples& samples) {
    return output.sum() * samples.minibatch + samples.first;
  };
  return run;
}

}  // namespace

TEST_CASE("cross-entropy of equal logits is the logarithm of their number") {
  DeviceMinibatch batch;
  batch.y = at::tensor({0, 2}, at::kLong);
  const at::Tensor logits = at::zeros({2, 3}, at::kDouble);
  const double one = std::log(3.0);
  CHECK(
      mean_loss(logits, batch, run_of(Loss::cross_entropy)).item<double>() ==
      Approx(one));
  CHECK(
      summed_loss(logits, batch, run_of(Loss::cross_entropy)).item<double>() ==
      Approx(2 * one));
}

TEST_CASE("a map of labels counts as one label a sample") {
  DeviceMinibatch batch;
  batch.y = at::zeros({2, 4, 4}, at::kLong);
  const at::Tensor logits = at::zeros({2, 5, 4, 4}, at::kDouble);
  CHECK(
      mean_loss(logits, batch, run_of(Loss::cross_entropy)).item<double>() ==
      Approx(std::log(5.0)));
  CHECK(
      summed_loss(logits, batch, run_of(Loss::cross_entropy)).item<double>() ==
      Approx(2 * std::log(5.0)));
}

TEST_CASE("losses of numbers by hand") {
  const DeviceMinibatch batch = numbers();
  const auto mean = [&](Loss loss) {
    return mean_loss(outputs(), batch, run_of(loss)).item<double>();
  };
  const auto sum = [&](Loss loss) {
    return summed_loss(outputs(), batch, run_of(loss)).item<double>();
  };
  CHECK(mean(Loss::squared_error) == Approx((1.0 + 8.0) / 2));
  CHECK(sum(Loss::squared_error) == Approx(1.0 + 8.0));
  CHECK(mean(Loss::absolute_error) == Approx((1.0 + 2.0) / 2));
  CHECK(sum(Loss::absolute_error) == Approx(1.0 + 2.0));
  DeviceMinibatch relative = batch;
  relative.y = matrix({{3, 4}, {0, 2}});
  // sqrt(2) / 5 and 2 / 2.
  CHECK(
      mean_loss(outputs(), relative, run_of(Loss::relative_l2))
          .item<double>() == Approx((std::sqrt(2.0) / 5 + 1) / 2));
}

TEST_CASE("the output is scaled and shifted before it is compared") {
  DeviceMinibatch batch = numbers();
  batch.scale = matrix({{2, 1}});
  batch.offset = matrix({{-5, -1}});
  // (2 * 4 - 5, 5 - 1) and (2 * 0 - 5, 4 - 1): differences (0, 0), (-5, 3).
  CHECK(
      mean_loss(outputs(), batch, run_of(Loss::absolute_error))
          .item<double>() == Approx((0.0 + 4.0) / 2));
}

TEST_CASE("a loss of bfloat16 outputs is computed in float32") {
  DeviceMinibatch batch;
  batch.y = at::tensor({0, 2}, at::kLong);
  const at::Tensor loss = mean_loss(
      at::zeros({2, 3}, at::kBFloat16), batch, run_of(Loss::cross_entropy));
  CHECK((loss.scalar_type() == at::kFloat));
  CHECK(loss.item<double>() == Approx(std::log(3.0)).epsilon(1e-6));
}

TEST_CASE("a label without an output is named") {
  DeviceMinibatch batch;
  batch.y = at::tensor({0, 7}, at::kLong);
  batch.largest_label = 7;
  const at::Tensor logits = at::zeros({2, 5}, at::kDouble);
  CHECK_THROWS_WITH_AS(
      mean_loss(logits, batch, run_of(Loss::cross_entropy)),
      "label 7, but the network has 5 outputs",
      std::invalid_argument);
  CHECK_THROWS_WITH_AS(
      summed_loss(logits, batch, run_of(Loss::cross_entropy)),
      "label 7, but the network has 5 outputs",
      std::invalid_argument);
}

TEST_CASE("an output that is not a logit a class is named with its shape") {
  DeviceMinibatch batch;
  batch.y = at::tensor({0, 1}, at::kLong);
  batch.largest_label = 1;
  for (const at::Tensor& logits :
       {at::zeros({2, 5, 1, 1}), at::zeros({2}), at::zeros({6, 5})}) {
    CHECK_THROWS_WITH_AS(
        mean_loss(logits, batch, run_of(Loss::cross_entropy)),
        c10::str(
            "the output is ",
            logits.sizes(),
            ", expected [2, classes], a logit a class for each sample")
            .c_str(),
        std::invalid_argument);
  }
  batch.y = at::zeros({2, 3, 4}, at::kLong);
  CHECK_THROWS_WITH_AS(
      mean_loss(at::zeros({2, 5, 3, 3}), batch, run_of(Loss::cross_entropy)),
      "the output is [2, 5, 3, 3], expected a logit a class for each pixel of "
      "[2, 3, 4]",
      std::invalid_argument);
}

TEST_CASE("a loss of one's own is told of which samples it is taken") {
  DeviceMinibatch batch;
  batch.samples = {3, 10, 2};
  const RunSettings run = run_with_own_loss();
  CHECK(mean_loss(outputs(), batch, run).item<double>() == 3 * 13 + 10);
  CHECK(
      summed_loss(outputs(), batch, run).item<double>() ==
      (3 * 9 + 10) + (3 * 4 + 11));
}

TEST_CASE("a loss of one's own is one number that depends on the output") {
  DeviceMinibatch batch;
  batch.samples = {0, 0, 2};
  RunSettings run;
  run.loss_function = [](const at::Tensor& output, const Samples&) {
    return output.sum(1);
  };
  CHECK_THROWS_WITH_AS(
      mean_loss(outputs(), batch, run),
      "the loss function returned 2 numbers, expected one, the mean over the "
      "samples",
      std::invalid_argument);
  run.loss_function = [](const at::Tensor& output, const Samples&) {
    return output.detach().sum();
  };
  const at::Tensor leaf = outputs().clone().requires_grad_(true);
  CHECK_THROWS_WITH_AS(
      mean_loss(leaf, batch, run),
      "the loss function returned a number that autograd does not trace back "
      "to "
      "the output",
      std::invalid_argument);
  batch.samples.count = 3;
  CHECK_THROWS_AS(
      summed_loss(outputs(), batch, run_with_own_loss()),
      std::invalid_argument);
}
