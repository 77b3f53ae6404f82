#include "proxies/reductions/token_layers.h"

#include <set>
#include <vector>

#include "proxies/engine/row_parts.h"

namespace zcp::reductions {
namespace {

using engine::Score;
using networks::LayerCall;
using networks::LinearRole;

constexpr const char* kTokenNotFinite = "a number is not finite";

Score sum_or(const std::vector<at::Tensor>& terms, const char* reason) {
  if (terms.empty()) return Score::degenerate(reason);
  return engine::sum_of(terms, kTokenNotFinite);
}

}  // namespace

bool feeds_heads(const LayerCall& call) {
  switch (call.role) {
    case LinearRole::query:
    case LinearRole::key:
    case LinearRole::value:
    case LinearRole::packed:
    case LinearRole::mixed:
      return true;
    default:
      return false;
  }
}

bool is_of_heads(const LayerCall& call) {
  return call.role != LinearRole::none && call.role != LinearRole::feed_forward;
}

bool is_of_feed_forward(const LayerCall& call) {
  return call.role == LinearRole::feed_forward && call.output.dim() > 2;
}

Score sum_over_layers(
    const engine::Pass& pass,
    const std::function<bool(const LayerCall&)>& chosen,
    const std::function<at::Tensor(const at::Tensor&, const at::Tensor&)>& term,
    const char* reason_when_none) {
  std::vector<at::Tensor> terms;
  std::set<int> seen;
  for (const LayerCall& call : pass.recording.calls) {
    if (!chosen(call)) continue;
    if (call.weight < 0) {
      return Score::degenerate(
          "the weight of a linear layer of tokens is no parameter of its own");
    }
    if (!seen.insert(call.weight).second) continue;
    const auto index = static_cast<std::size_t>(call.weight);
    const at::Tensor& weight = pass.network.parameters()[index].value;
    const at::Tensor& gradient = pass.gradients[index];
    terms.push_back(
        gradient.defined()
            ? term(weight, gradient)
            : at::zeros({}, weight.options().dtype(at::kDouble)));
  }
  if (terms.empty()) return Score::degenerate(reason_when_none);
  const at::Tensor sum = at::stack(terms).sum();
  if ((sum == 0).item<bool>()) {
    return Score::degenerate(
        "every gradient is zero (a last layer whose weights are zero?)");
  }
  return engine::score_of(sum, kTokenNotFinite);
}

Score sum_over_outputs(
    const engine::Pass& pass,
    const engine::Setting& setting,
    const std::function<bool(const LayerCall&)>& chosen,
    const std::function<at::Tensor(const LayerCall&, const at::Tensor&)>& term,
    const char* reason_when_none) {
  const std::int64_t samples = pass.x.size(0);
  std::vector<at::Tensor> terms;
  for (const LayerCall& call : pass.recording.calls) {
    if (!chosen(call)) continue;
    const at::Tensor output = call.output.detach();
    if (output.dim() != 3) {
      return Score::degenerate(
          "a layer of tokens gives no [samples, tokens, features]");
    }
    const bool first = output.size(0) == samples;
    const bool second = output.size(1) == samples;
    // The networks of spaces have a row a sample.
    const bool known = setting.graph != nullptr;
    if (first && (known || !second)) {
      terms.push_back(term(call, output));
    } else if (second && !first) {
      terms.push_back(term(call, output.transpose(0, 1)));
    } else {
      return Score::degenerate(
          first ? "as many tokens as samples, so that it cannot be told which "
                  "axis has which; expected another --batch-size"
                : "a layer of tokens has not the samples along an axis");
    }
  }
  return sum_or(terms, reason_when_none);
}

Score sum_over_attention(
    const engine::Pass& pass,
    const std::function<at::Tensor(const networks::AttentionCall&)>& term) {
  std::vector<at::Tensor> terms;
  for (const networks::AttentionCall& call : pass.recording.attentions) {
    terms.push_back(term(call));
  }
  return sum_or(terms, "no attention was found");
}

at::Tensor weights_by_head(
    const networks::AttentionCall& call,
    std::int64_t samples) {
  const at::Tensor& weights = call.weights;
  if (weights.dim() == 4) return weights;
  return weights.reshape({samples, -1, weights.size(-2), weights.size(-1)});
}

at::Tensor saliency(const at::Tensor& weight, const at::Tensor& gradient) {
  return engine::sum_of_absolute_products(weight, gradient);
}

}  // namespace zcp::reductions
