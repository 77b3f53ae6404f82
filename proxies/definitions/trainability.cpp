// trainability = mean over consecutive blocks of 2 - s - 1/(s + 1e-6), s the
// largest singular value of g_in^T g_out / (B Ho Wo): g_out random signs on a
// block's output, g_in its vector-Jacobian product at the block's input,
// space-to-depth where the block halves the map.
// AZ-NAS, https://arxiv.org/abs/2403.19232; cvlab-yonsei/AZ-NAS:
// NB201/ZeroShotProxy/compute_az_nas_score.py
#include <algorithm>
#include <optional>

#include "common/random.h"
#include "proxies/definitions/all.h"
#include "proxies/engine/differentiate.h"
#include "proxies/engine/observer.h"

namespace zcp::definitions {
namespace {

/// Positions x channels, float64.
at::Tensor position_rows(const at::Tensor& map) {
  return map.permute({0, 2, 3, 1}).reshape({-1, map.size(1)}).to(at::kDouble);
}

/// The first `count` signs; given ones that are fewer come again.
at::Tensor first_signs(const at::Tensor& signs, std::int64_t count) {
  const std::int64_t times = (count + signs.numel() - 1) / signs.numel();
  return (times > 1 ? signs.repeat({times}) : signs).slice(0, 0, count);
}

at::Tensor term_of(const at::Tensor& s) {
  return 2 - s - (s + 1e-6).reciprocal();
}

/// Enough signs for the widest block: those given, else drawn by the seed.
at::Tensor signs_for(
    const std::vector<at::Tensor>& blocks,
    const engine::Setting& setting) {
  if (setting.signs.defined()) return setting.signs;
  std::int64_t count = 0;
  for (const at::Tensor& block : blocks) {
    if (block.defined()) count = std::max(count, block.numel());
  }
  at::Tensor signs = at::empty({count}, at::kFloat);
  fill_signs(
      {signs.data_ptr<float>(), static_cast<std::size_t>(count)},
      derive_seed(setting.protocol.seed, "signs"));
  return signs.to(setting.protocol.options);
}

/// None for a block whose gradient passes unchanged. A block that outputs or
/// reads zeros passes no gradient: s = 0.
std::optional<at::Tensor> block_term(
    const at::Tensor& in,
    const at::Tensor& out,
    const at::Tensor& signs) {
  if (!in.defined() || !out.defined()) {
    return term_of(at::zeros({}, signs.options().dtype(at::kDouble)));
  }
  const at::Tensor g_out = first_signs(signs, out.numel()).view(out.sizes());
  at::Tensor g_in =
      in.is_same(out) ? g_out : engine::vector_jacobian_product(out, in, g_out);
  if (!g_in.defined()) g_in = at::zeros_like(in);
  if (g_in.sizes() == g_out.sizes() && at::equal(g_in, g_out)) return {};
  if (g_in.size(2) != g_out.size(2)) {
    g_in = at::pixel_unshuffle(g_in.contiguous(), g_in.size(2) / g_out.size(2));
  }
  const at::Tensor rows = position_rows(g_out);
  const at::Tensor a =
      position_rows(g_in).t().mm(rows) / static_cast<double>(rows.size(0));
  return term_of(at::linalg_svdvals(a).max());
}

}  // namespace

engine::Descriptor trainability() {
  engine::Descriptor d;
  d.name = "trainability";
  d.family = "gradient flow";
  d.formula = "mean over blocks of 2 - s - 1/(s + k), s = max sv(g_in^T g_out)";
  d.published = "higher";
  d.needs.pass = engine::PassKind::noise;
  d.needs.activations = true;
  d.needs.activation_gradients = true;
  d.needs.initialiser = initialisers::Initialiser::kaiming_normal;
  d.needs.detail = "vector-Jacobian product of each block";
  d.dtype = "float64";
  d.degenerate = "a block that is the identity (-inf in the original)";
  d.variant = "AZ-NAS";
  d.paper = "https://arxiv.org/abs/2403.19232";
  d.reference =
      "cvlab-yonsei/AZ-NAS: NB201/ZeroShotProxy/compute_az_nas_score.py";
  d.make = [](const engine::Setting& setting) {
    return engine::observe_once([setting](const engine::Pass& pass) {
      const auto& blocks = pass.recording.blocks;
      if (blocks.size() < 2) return engine::Score::degenerate("no blocks");
      const at::Tensor signs = signs_for(blocks, setting);
      std::vector<at::Tensor> terms;
      for (std::size_t i = 1; i < blocks.size(); ++i) {
        const auto term = block_term(blocks[i - 1], blocks[i], signs);
        if (!term) return engine::Score::degenerate("a block is the identity");
        terms.push_back(*term);
      }
      return engine::score_of(
          at::stack(terms).mean(), "a gradient is not finite");
    });
  };
  return d;
}

}  // namespace zcp::definitions
