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

/// Throws where the output has no logit for a label, which on some devices
/// would end the process's use of them.
void check_labels(const at::Tensor& output, const DeviceMinibatch& batch) {
  const std::int64_t logits = output.dim() > 1 ? output.size(1) : 1;
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

}  // namespace

at::Tensor
mean_loss(const at::Tensor& output, const DeviceMinibatch& batch, Loss loss) {
  if (loss == Loss::cross_entropy) {
    check_labels(output, batch);
    return at::cross_entropy_loss(widened(output), batch.y);
  }
  return sample_losses(output, batch, loss).mean();
}

at::Tensor
summed_loss(const at::Tensor& output, const DeviceMinibatch& batch, Loss loss) {
  if (loss == Loss::cross_entropy) {
    check_labels(output, batch);
    const at::Tensor sum = at::cross_entropy_loss(
        widened(output), batch.y, {}, at::Reduction::Sum);
    return batch.y.dim() == 1 ? sum : sum / labels_a_sample(batch);
  }
  return sample_losses(output, batch, loss).sum();
}

}  // namespace zcp::engine
