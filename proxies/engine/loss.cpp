#include "proxies/engine/loss.h"

#include <stdexcept>
#include <string>

namespace zcp::engine {
namespace {

/// The output in 32 bits or more: sixteen are too few for the sum of
/// exponentials, or of squares.
at::Tensor widened(const at::Tensor& output) {
  return output.scalar_type() == at::kBFloat16 ? output.to(at::kFloat) : output;
}

/// Throws where the output is not logits [N, K] for labels [N], or maps of them
/// [N, K, H, W] for labels [N, H, W]; and where it has none for a label, which
/// on some devices would end the process's use of them.
void check_labels(const at::Tensor& output, const DeviceMinibatch& batch) {
  const bool maps = batch.y.dim() > 1;
  const bool fits = output.dim() == batch.y.dim() + 1 &&
                    output.size(0) == batch.y.size(0) &&
                    output.sizes().slice(2) == batch.y.sizes().slice(1);
  if (!fits) {
    throw std::invalid_argument(
        maps ? c10::str(
                   "the output is ",
                   output.sizes(),
                   ", expected a logit a class for each pixel of ",
                   batch.y.sizes())
             : c10::str(
                   "the output is ",
                   output.sizes(),
                   ", expected [",
                   batch.y.size(0),
                   ", classes], a logit a class for each sample"));
  }
  const std::int64_t logits = output.size(1);
  if (batch.largest_label < logits) return;
  throw std::invalid_argument(
      "label " + std::to_string(batch.largest_label) +
      ", but the network has " + std::to_string(logits) +
      (logits == 1 ? " output" : " outputs"));
}

/// The loss of each sample [N], where the targets are numbers.
at::Tensor sample_losses(
    const at::Tensor& output,
    const DeviceMinibatch& batch,
    Loss loss) {
  const at::Tensor target = batch.y.flatten(1);
  at::Tensor numbers = widened(output).flatten(1);
  if (batch.scale.defined()) numbers = numbers * batch.scale + batch.offset;
  const at::Tensor difference = numbers - target;
  switch (loss) {
    case Loss::squared_error:
      return difference.square().mean(1);
    case Loss::absolute_error:
      return difference.abs().mean(1);
    case Loss::relative_l2:
      return difference.norm(2, 1) / target.norm(2, 1);
    case Loss::cross_entropy:
      break;
  }
  throw std::invalid_argument("a cross-entropy with targets that are numbers");
}

/// How many labels a sample has: one, or one for each pixel of a map.
double labels_a_sample(const DeviceMinibatch& batch) {
  return static_cast<double>(batch.y.numel() / batch.y.size(0));
}

/// What the run's own loss function says of these samples.
at::Tensor own_loss(
    const at::Tensor& output,
    const Samples& samples,
    const RunSettings& run) {
  const at::Tensor loss = run.loss_function(widened(output), samples);
  if (!loss.defined() || loss.numel() != 1) {
    throw std::invalid_argument(
        "the loss function returned " +
        (loss.defined() ? std::to_string(loss.numel()) : std::string("no")) +
        " numbers, expected one, the mean over the samples");
  }
  if (output.requires_grad() && !loss.requires_grad()) {
    throw std::invalid_argument(
        "the loss function returned a number that autograd does not trace back "
        "to the output");
  }
  return loss.reshape({});
}

/// The sum of the run's own loss over the samples, each by itself.
at::Tensor summed_own_loss(
    const at::Tensor& output,
    const Samples& samples,
    const RunSettings& run) {
  if (output.dim() == 0 || output.size(0) != samples.count) {
    throw std::invalid_argument(
        "the output has not one row a sample, so that the loss of a sample "
        "cannot be told");
  }
  at::Tensor sum;
  for (std::int64_t n = 0; n < samples.count; ++n) {
    const at::Tensor one = own_loss(
        output.slice(0, n, n + 1),
        {samples.minibatch, samples.first + n, 1},
        run);
    sum = sum.defined() ? sum + one : one;
  }
  return sum;
}

}  // namespace

at::Tensor mean_loss(
    const at::Tensor& output,
    const DeviceMinibatch& batch,
    const RunSettings& run) {
  if (run.loss_function) return own_loss(output, batch.samples, run);
  if (run.loss == Loss::cross_entropy) {
    check_labels(output, batch);
    return at::cross_entropy_loss(widened(output), batch.y);
  }
  return sample_losses(output, batch, run.loss).mean();
}

at::Tensor summed_loss(
    const at::Tensor& output,
    const DeviceMinibatch& batch,
    const RunSettings& run) {
  if (run.loss_function) return summed_own_loss(output, batch.samples, run);
  if (run.loss == Loss::cross_entropy) {
    check_labels(output, batch);
    const at::Tensor sum = at::cross_entropy_loss(
        widened(output), batch.y, {}, at::Reduction::Sum);
    return batch.y.dim() == 1 ? sum : sum / labels_a_sample(batch);
  }
  return sample_losses(output, batch, run.loss).sum();
}

}  // namespace zcp::engine
