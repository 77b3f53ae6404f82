// s is the largest singular value of g_in^T g_out / (B Ho Wo): g_out are random
// signs on a block's output, g_in their vector-Jacobian product at its input,
// space-to-depth where the block halves the map, and k = 1e-6.
#include <algorithm>
#include <optional>

#include "common/random.h"
#include "proxies/definitions.h"
#include "proxies/engine/differentiate.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/spectrum.h"

namespace zcp::definitions {
namespace {

/// The term of a block whose largest singular value is s.
at::Tensor term_of(const at::Tensor& s) {
  return 2 - s - (s + 1e-6).reciprocal();
}

/// Enough signs for the widest block: those given, else drawn by the seed.
at::Tensor signs_for(
    const std::vector<at::Tensor>& blocks,
    const engine::Setting& setting) {
  if (setting.random.signs.defined()) return setting.random.signs;
  std::int64_t count = 0;
  for (const at::Tensor& block : blocks) {
    if (block.defined()) count = std::max(count, block.numel());
  }
  at::Tensor signs = at::empty({count}, at::kFloat);
  fill_signs(
      {signs.data_ptr<float>(), static_cast<std::size_t>(count)},
      derive_seed(setting.run.seed, "signs"));
  return signs.to(setting.run.options);
}

/// Whether a sequence [N, T, C] is longer or shorter behind a block: its tokens
/// then have no partners, as the pixels of a smaller map have.
bool changes_tokens(const std::vector<at::Tensor>& blocks) {
  for (std::size_t i = 1; i < blocks.size(); ++i) {
    const at::Tensor& in = blocks[i - 1];
    const at::Tensor& out = blocks[i];
    if (!in.defined() || !out.defined()) continue;
    const bool maps = in.dim() == 4 && out.dim() == 4;
    if (!maps && in.numel() / in.size(-1) != out.numel() / out.size(-1)) {
      return true;
    }
  }
  return false;
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
  const at::Tensor g_out =
      engine::first_signs(signs, out.numel()).view(out.sizes());
  at::Tensor g_in =
      in.is_same(out) ? g_out : engine::vector_jacobian_product(out, in, g_out);
  if (!g_in.defined()) g_in = at::zeros_like(in);
  if (g_in.sizes() == g_out.sizes() && at::equal(g_in, g_out)) return {};
  if (g_in.dim() == 4 && g_in.size(2) != g_out.size(2)) {
    g_in = at::pixel_unshuffle(g_in.contiguous(), g_in.size(2) / g_out.size(2));
  }
  const at::Tensor rows = reductions::position_rows(g_out);
  const at::Tensor a = reductions::position_rows(g_in).t().mm(rows) /
                       static_cast<double>(rows.size(0));
  return term_of(reductions::singular_values(a).max());
}

}  // namespace

engine::Descriptor trainability() {
  engine::Descriptor d = engine::variant_of(expressivity());
  d.family = "gradient flow";
  d.formula = "mean over blocks of 2 - s - 1/(s + k), s = max sv(g_in^T g_out)";
  d.needs.activation_gradients = true;
  d.needs.detail = "vector-Jacobian product of each block";
  d.degenerate =
      "a block that is the identity (-inf in the original) or changes the "
      "number "
      "of tokens";
  d.variant = "AZ-NAS";
  d.bfloat16_tau = 0.997;
  d.make = engine::from_pass([](const engine::Pass& pass,
                                const engine::Setting& setting) {
    const auto& blocks = pass.recording.blocks;
    if (blocks.size() < 2) {
      return engine::Score::degenerate(reductions::block_fault(blocks));
    }
    if (changes_tokens(blocks)) {
      return engine::Score::degenerate("a block changes the number of tokens");
    }
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
  return d;
}

}  // namespace zcp::definitions
