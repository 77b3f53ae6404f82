#include "proxies/reductions/code_kernel.h"

#include <cstdint>
#include <vector>

#include "nets/kernels/codes.h"
#include "proxies/reductions/bit_codes.h"
#include "proxies/reductions/dense_samples.h"

namespace zcp::reductions {
namespace {

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

/// Each unit counts as often as its output does.
at::Tensor packed_kernel(
    const std::vector<at::Tensor>& outputs,
    const std::vector<std::int64_t>& uses) {
  const std::int64_t samples = outputs[0].size(0);
  const auto size = static_cast<std::size_t>(samples);
  std::vector<std::int64_t> packed(size * size);
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    add_agreement(
        pack_codes(outputs[k], static_cast<int>(samples)), uses[k], packed);
  }
  return at::from_blob(
             packed.data(), {samples, samples}, at::TensorOptions(at::kLong))
      .to(at::kDouble);
}

/// The same for devices and dtypes that have no packed codes here.
at::Tensor kernel_by_operators(
    const std::vector<at::Tensor>& outputs,
    const std::vector<std::int64_t>& uses) {
  std::vector<at::Tensor> dense;
  std::int64_t units = 0;
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    dense.push_back(dense_samples(outputs[k]));
    units += uses[k] * (dense[k].numel() / dense[k].size(0));
  }
  return (units - kernels::code_differences(dense, uses)).to(at::kDouble);
}

}  // namespace

at::Tensor code_kernel(
    const engine::Pass& pass,
    const std::function<bool(const networks::LayerCall&)>& counts) {
  std::vector<at::Tensor> outputs;
  std::vector<std::int64_t> uses;
  bool all_pack = true;
  for (const networks::LayerCall& call : pass.recording.calls) {
    if (call.kind != networks::LayerKind::relu || !counts(call)) continue;
    outputs.push_back(call.output.detach());
    uses.push_back(call.uses);
    all_pack = all_pack && packs(outputs.back());
  }
  if (outputs.empty()) return {};
  return all_pack ? packed_kernel(outputs, uses)
                  : kernel_by_operators(outputs, uses);
}

engine::Score log_determinant(const at::Tensor& kernel) {
  if (!kernel.defined())
    return engine::Score::degenerate("no ReLU receives a gradient");
  return engine::score_of(
      std::get<1>(at::linalg_slogdet(kernel)),
      "two inputs have equal ReLU codes");
}

}  // namespace zcp::reductions
