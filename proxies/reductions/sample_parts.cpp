#include "proxies/reductions/sample_parts.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>

namespace zcp::reductions {
namespace {

using networks::BatchNormMode;

/// As many samples as have at most so many numbers.
std::int64_t samples_within(
    const networks::Recording& recording,
    std::int64_t samples,
    std::int64_t numbers_at_once) {
  std::int64_t numbers = 0;
  for (const networks::LayerCall& call : recording.calls) {
    if (call.output.defined()) numbers += call.output.numel();
  }
  const std::int64_t parts =
      numbers / numbers_at_once + (numbers % numbers_at_once > 0 ? 1 : 0);
  return parts <= 1 ? samples : std::max<std::int64_t>(1, samples / parts);
}

bool normalises_batches(
    const networks::Recording& recording,
    BatchNormMode mode) {
  return mode == BatchNormMode::batch_statistics &&
         std::ranges::any_of(
             recording.calls, [](const networks::LayerCall& call) {
               return call.kind == networks::LayerKind::batch_norm;
             });
}

/// Whether the first samples have the rows that they have among all, as far as
/// rounding lets tell beside what differs from sample to sample.
bool rows_agree(const at::Tensor& first, const at::Tensor& all) {
  constexpr double kAgreement = 1e-3;
  const at::Tensor same = all.slice(0, 0, first.size(0));
  if (first.sizes() != same.sizes()) return false;
  if (at::equal(first, same)) return true;
  const at::Tensor spread = (all - all.mean(0, true)).abs().max();
  // Also false of what is not a number.
  return ((first - same).abs().max() < kAgreement * spread).item<bool>();
}

bool has_rows(const at::Tensor& tensor, std::int64_t count) {
  return tensor.defined() && tensor.dim() > 0 && tensor.size(0) == count;
}

/// Whether the first samples have the output that they have among all, and so
/// have the layers that have a row a sample: the last layer's weights may be 0.
bool agree(
    const ForwardPass& first,
    std::int64_t fewer,
    const ForwardPass& whole,
    std::int64_t all) {
  if (!has_rows(first.output, fewer) || !has_rows(whole.output, all) ||
      !rows_agree(first.output, whole.output) ||
      first.recording.calls.size() != whole.recording.calls.size()) {
    return false;
  }
  for (std::size_t i = 0; i < whole.recording.calls.size(); ++i) {
    const at::Tensor& a = first.recording.calls[i].output;
    const at::Tensor& b = whole.recording.calls[i].output;
    if (has_rows(a, fewer) && has_rows(b, all) && !rows_agree(a, b)) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::int64_t samples_at_once(
    const networks::Network& network,
    const at::Tensor& x,
    BatchNormMode mode,
    const ForwardPass& whole,
    std::int64_t numbers_at_once) {
  const at::NoGradGuard no_grad;
  const std::int64_t all = x.size(0);
  const std::int64_t fewer =
      samples_within(whole.recording, all, numbers_at_once);
  if (fewer == all || normalises_batches(whole.recording, mode)) return all;
  try {
    ForwardPass first;
    first.output =
        network.forward(x.slice(0, 0, fewer), mode, &first.recording);
    return agree(first, fewer, whole, all) ? fewer : all;
  } catch (const c10::Error&) {
    return all;  // the batch size may have been fixed when it was traced
  }
}

engine::DeviceMinibatch part_of(
    const engine::DeviceMinibatch& batch,
    std::int64_t first,
    std::int64_t count) {
  const std::int64_t end = std::min(first + count, batch.x.size(0));
  engine::DeviceMinibatch part = batch;
  part.x = batch.x.slice(0, first, end);
  if (batch.y.defined()) part.y = batch.y.slice(0, first, end);
  part.samples = {
      batch.samples.minibatch, batch.samples.first + first, end - first};
  return part;
}

}  // namespace zcp::reductions
