#include "proxies/reductions/spectrum.h"

#include <cmath>
#include <stdexcept>

namespace zcp::reductions {
namespace {

/// Between the columns.
at::Tensor covariance_of(const at::Tensor& rows) {
  const at::Tensor centred = rows - rows.mean(0, true);
  return centred.t().mm(centred) / static_cast<double>(rows.size(0));
}

/// On a device this would wait for it; there what is not finite stays so.
void require_finite(const at::Tensor& matrix) {
  if (!matrix.device().is_cpu() || at::isfinite(matrix).all().item<bool>()) {
    return;
  }
  throw std::runtime_error("an activation or a gradient is not finite");
}

}  // namespace

at::Tensor singular_values(const at::Tensor& matrix) {
  require_finite(matrix);
  return at::linalg_svdvals(matrix);
}

at::Tensor eigenvalues(const at::Tensor& symmetric) {
  require_finite(symmetric);
  return at::linalg_eigvalsh(symmetric);
}

at::Tensor position_rows(const at::Tensor& output) {
  const at::Tensor last =
      output.dim() == 4 ? output.permute({0, 2, 3, 1}) : output;
  return last.reshape({-1, last.size(-1)}).to(at::kDouble);
}

at::Tensor position_rows(const networks::LayerCall& call) {
  const at::Tensor output = call.output.detach();
  switch (call.kind) {
    case networks::LayerKind::conv:
    case networks::LayerKind::batch_norm:
      if (output.dim() == 4) return position_rows(output);
      return position_rows(output.movedim(1, -1).flatten(0, -2));
    case networks::LayerKind::linear:
      return position_rows(output.flatten(0, -2));
    default:
      return position_rows(output);
  }
}

at::Tensor channel_covariance(const at::Tensor& output) {
  return covariance_of(position_rows(output));
}

at::Tensor channel_covariance(const networks::LayerCall& call) {
  return covariance_of(position_rows(call));
}

namespace {

/// Undefined without BatchNorm.
at::Tensor sum_of_stable_ranks(const engine::Pass& pass) {
  std::vector<at::Tensor> ranks;
  for (const networks::LayerCall& call : pass.recording.calls) {
    if (call.kind != networks::LayerKind::batch_norm) continue;
    const at::Tensor rows = position_rows(call);
    const at::Tensor found = eigenvalues(rows.t().mm(rows));
    const at::Tensor largest = found[-1];
    ranks.push_back(at::where(
        largest <= 0, at::zeros_like(largest), found.sum() / largest));
  }
  return ranks.empty() ? at::Tensor() : at::stack(ranks).sum();
}

}  // namespace

engine::Score stable_rank_of(const engine::Pass& pass) {
  const auto sum = pass.shared->get<at::Tensor>(
      "stable rank", [&] { return sum_of_stable_ranks(pass); });
  if (!sum->defined()) {
    return engine::Score::degenerate("the network has no BatchNorm");
  }
  return engine::score_of(*sum, "an activation is not finite");
}

const char* block_fault(const std::vector<at::Tensor>& blocks) {
  if (blocks.empty()) return "no blocks";
  return blocks.size() == 1 ? "a single block" : "a block outputs a constant";
}

std::optional<std::vector<double>> block_entropies(
    const std::vector<at::Tensor>& blocks) {
  if (blocks.empty()) return std::nullopt;
  std::vector<at::Tensor> entropies;
  for (const at::Tensor& block : blocks) {
    if (!block.defined()) return std::nullopt;
    const at::Tensor found =
        eigenvalues(channel_covariance(block.detach())).clamp_min(0);
    const at::Tensor p = found / found.sum();
    entropies.push_back(-(p * (p + 1e-8).log()).sum());
  }
  const at::Tensor all = at::stack(entropies).cpu();
  if (!at::isfinite(all).all().item<bool>()) return std::nullopt;
  const double* begin = all.data_ptr<double>();
  return std::vector<double>(begin, begin + all.numel());
}

}  // namespace zcp::reductions
