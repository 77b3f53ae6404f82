// R is the sum of the logits for an input of ones and absolute weights.
// Attention is what linear layers named qkv and square ones do, and where none
// is named so those that make queries, keys and values; each of them adds the
// product of the nuclear norms of dR/dW and of W. The patch embedding
// is left out; LayerNorm is kept. The authors do not compute in float64.
#include <set>
#include <string>

#include "proxies/engine/observer.h"
#include "proxies/engine/row_parts.h"
#include "proxies/reductions/spectrum.h"
#include "proxies/reductions/token_layers.h"

namespace zcp::definitions {
namespace {

bool is_qkv(const networks::Parameter& parameter) {
  return parameter.name.find("qkv") != std::string::npos;
}

at::Tensor sum_of_singular_values(const at::Tensor& matrix) {
  return reductions::singular_values(matrix).sum();
}

/// The parameters of attention: those that are named so, or else those of
/// layers that are found to make queries, keys and values.
std::set<int> attention_of(const engine::Pass& pass) {
  std::set<int> named;
  std::set<int> found;
  const auto& parameters = pass.network.parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const bool linear =
        parameters[i].kind == networks::ParameterKind::linear_weight;
    if (linear && is_qkv(parameters[i])) named.insert(static_cast<int>(i));
  }
  for (const networks::LayerCall& call : pass.recording.calls) {
    if (reductions::feeds_heads(call) && call.weight >= 0) {
      found.insert(call.weight);
    }
  }
  return named.empty() ? found : named;
}

at::Tensor
term(const at::Tensor& w, const at::Tensor& gradient, bool attention) {
  if (attention || w.size(0) == w.size(1)) {
    return sum_of_singular_values(gradient) * sum_of_singular_values(w);
  }
  return engine::sum_of_absolute_products(w, gradient);
}

}  // namespace

engine::Descriptor dss() {
  engine::Descriptor d;
  d.family = "synflow";
  d.formula = "nuclear norms for attention, |w dR/dw| for other linear layers";
  d.published = "higher";
  d.needs = {.pass = engine::PassKind::synflow_bn};
  d.dtype = "float64";
  d.degenerate = "no attention (no linear layer named qkv, and none found)";
  d.variant = "authors', gradients of the weights as they are";
  d.paper = "https://arxiv.org/abs/2203.12217";
  d.reference = "decemberzhou/TF_TAS: lib/training_free/indicators/dss.py";
  d.make = engine::from_pass([](const engine::Pass& pass) {
    std::vector<at::Tensor> terms;
    const std::set<int> attention = attention_of(pass);
    const auto& parameters = pass.network.parameters();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      if (parameters[i].kind != networks::ParameterKind::linear_weight)
        continue;
      if (!pass.gradients[i].defined()) continue;
      terms.push_back(term(
          parameters[i].value,
          pass.gradients[i],
          attention.contains(static_cast<int>(i))));
    }
    if (attention.empty() || terms.empty()) {
      return engine::Score::degenerate(
          "no linear layer is named qkv, and no attention was found");
    }
    return engine::score_of(at::stack(terms).sum(), "overflow of float64");
  });
  return d;
}

}  // namespace zcp::definitions
