#include "proxies/reductions/code_kernel.h"

#include <cmath>

#include "proxies/reductions/bit_codes.h"
#include "proxies/reductions/dense_samples.h"

namespace zcp::reductions {
namespace {

/// The same as add_agreement() by two matrix products, for devices and dtypes
/// that have no packed codes.
void add_agreement_on_device(
    const at::Tensor& output,
    int uses,
    at::Tensor& k) {
  const at::Tensor code = (output > 0).flatten(1).to(at::kDouble);
  const at::Tensor off = 1 - code;
  k += uses * (code.mm(code.t()) + off.mm(off.t()));
}

bool packs(const at::Tensor& output) {
  const auto type = output.scalar_type();
  return output.device().is_cpu() &&
         (type == at::kFloat || type == at::kBFloat16);
}

BitCodes pack_codes(const at::Tensor& output, int samples) {
  const at::Tensor dense = dense_samples(output);
  const auto count = static_cast<std::size_t>(dense.numel());
  if (dense.scalar_type() == at::kBFloat16) {
    const auto* bits =
        reinterpret_cast<const Bfloat16Bits*>(dense.data_ptr<at::BFloat16>());
    return {std::span(bits, count), samples};
  }
  return {std::span<const float>(dense.data_ptr<float>(), count), samples};
}

}  // namespace

at::Tensor code_kernel(
    const engine::Pass& pass,
    const std::function<bool(const networks::LayerCall&)>& counts) {
  const std::int64_t samples = pass.x.size(0);
  const auto size = static_cast<std::size_t>(samples);
  std::vector<std::int64_t> packed(size * size);
  at::Tensor kernel =
      at::zeros({samples, samples}, pass.x.options().dtype(at::kDouble));
  bool any = false;
  for (const networks::LayerCall& call : pass.recording.calls) {
    if (call.kind != networks::LayerKind::relu || !counts(call)) continue;
    any = true;
    const at::Tensor output = call.output.detach();
    if (!packs(output)) {
      add_agreement_on_device(output, call.uses, kernel);
      continue;
    }
    add_agreement(
        pack_codes(output, static_cast<int>(samples)), call.uses, packed);
  }
  if (!any) return {};
  const at::Tensor counted = at::from_blob(
      packed.data(), {samples, samples}, at::TensorOptions(at::kLong));
  return kernel + counted.to(kernel.device(), at::kDouble);
}

engine::Score log_determinant(const at::Tensor& kernel) {
  if (!kernel.defined())
    return engine::Score::degenerate("no ReLU receives a gradient");
  const double value = std::get<1>(at::linalg_slogdet(kernel)).item<double>();
  if (!std::isfinite(value)) {
    return engine::Score::degenerate("two inputs have equal ReLU codes");
  }
  return engine::Score::of(value);
}

}  // namespace zcp::reductions
