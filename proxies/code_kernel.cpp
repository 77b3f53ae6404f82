#include "proxies/code_kernel.h"

#include <cmath>

#include "proxies/bit_codes.h"

namespace zcp::proxies {
namespace {

/// On a device without the packed-bit path: two matrix products.
void add_agreement_on_device(
    const at::Tensor& output,
    int uses,
    at::Tensor& k) {
  const at::Tensor code = (output > 0).flatten(1).to(at::kDouble);
  const at::Tensor off = 1 - code;
  k += uses * (code.mm(code.t()) + off.mm(off.t()));
}

/// The same samples in any dense layout, as the codes' order of units does not
/// matter.
std::span<const float> dense_samples(const at::Tensor& output) {
  return {output.data_ptr<float>(), static_cast<std::size_t>(output.numel())};
}

bool packs(const at::Tensor& output) {
  return output.device().is_cpu() && output.scalar_type() == at::kFloat;
}

}  // namespace

at::Tensor code_kernel(
    const Pass& pass,
    const std::function<bool(const nets::LayerCall&)>& counts) {
  const std::int64_t samples = pass.x.size(0);
  const auto size = static_cast<std::size_t>(samples);
  std::vector<std::int64_t> packed(size * size);
  at::Tensor kernel =
      at::zeros({samples, samples}, pass.x.options().dtype(at::kDouble));
  bool any = false;
  for (const nets::LayerCall& call : pass.recording.calls) {
    if (call.kind != nets::LayerKind::relu || !counts(call)) continue;
    any = true;
    at::Tensor output = call.output.detach();
    if (!packs(output)) {
      add_agreement_on_device(output, call.uses, kernel);
      continue;
    }
    if (!output.is_contiguous() &&
        !output.is_contiguous(at::MemoryFormat::ChannelsLast)) {
      output = output.contiguous();
    }
    add_agreement(
        BitCodes(dense_samples(output), static_cast<int>(samples)),
        call.uses,
        packed);
  }
  if (!any) return {};
  const at::Tensor counted = at::from_blob(
      packed.data(), {samples, samples}, at::TensorOptions(at::kLong));
  return kernel + counted.to(kernel.device(), at::kDouble);
}

Score log_determinant(const at::Tensor& kernel) {
  if (!kernel.defined())
    return Score::degenerate("no ReLU receives a gradient");
  const double value = std::get<1>(at::linalg_slogdet(kernel)).item<double>();
  if (!std::isfinite(value)) {
    return Score::degenerate("two inputs have equal ReLU codes");
  }
  return Score::of(value);
}

}  // namespace zcp::proxies
