// R is the sum of the logits for an input of ones and absolute weights.
// Attention is what linear layers named qkv and square ones do; each of them
// adds the product of the nuclear norms of dR/dW and of W. The patch embedding
// is left out; LayerNorm is kept. The authors do not compute in float64.
#include <string>

#include "proxies/engine/observer.h"

namespace zcp::definitions {
namespace {

bool is_qkv(const networks::Parameter& parameter) {
  return parameter.name.find("qkv") != std::string::npos;
}

at::Tensor sum_of_singular_values(const at::Tensor& matrix) {
  return at::linalg_svdvals(matrix).sum();
}

at::Tensor term(
    const networks::Parameter& parameter,
    const at::Tensor& gradient) {
  const at::Tensor& w = parameter.value;
  if (is_qkv(parameter) || w.size(0) == w.size(1)) {
    return sum_of_singular_values(gradient) * sum_of_singular_values(w);
  }
  return (w * gradient).abs().sum();
}

}  // namespace

engine::Descriptor dss() {
  engine::Descriptor d;
  d.family = "synflow";
  d.formula = "nuclear norms for attention, |w dR/dw| for other linear layers";
  d.published = "higher";
  d.needs = {.pass = engine::PassKind::synflow_bn};
  d.dtype = "float64";
  d.degenerate = "no attention (no linear layer named qkv)";
  d.variant = "authors', gradients of the weights as they are";
  d.paper = "https://arxiv.org/abs/2203.12217";
  d.reference = "decemberzhou/TF_TAS: lib/training_free/indicators/dss.py";
  d.make = engine::from_pass([](const engine::Pass& pass) {
    std::vector<at::Tensor> terms;
    bool attention = false;
    const auto& parameters = pass.network.parameters();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      if (parameters[i].kind != networks::ParameterKind::linear_weight)
        continue;
      attention = attention || is_qkv(parameters[i]);
      if (!pass.gradients[i].defined()) continue;
      terms.push_back(term(parameters[i], pass.gradients[i]));
    }
    if (!attention || terms.empty()) {
      return engine::Score::degenerate("no linear layer is named qkv");
    }
    return engine::score_of(at::stack(terms).sum(), "overflow of float64");
  });
  return d;
}

}  // namespace zcp::definitions
