// What proxies of transformers look at: the linear layers by what they are
// there for, and attention. Needs LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <functional>

#include "proxies/engine/observer.h"

namespace zcp::reductions {

/// Whether a layer makes queries, keys or values, or what a transform mixes in
/// their place.
bool feeds_heads(const networks::LayerCall& call);

/// Whether it belongs to attention or to what stands in its place.
bool is_of_heads(const networks::LayerCall& call);

/// Whether it belongs to a feed-forward network over tokens.
bool is_of_feed_forward(const networks::LayerCall& call);

inline constexpr const char* kNoHeads =
    "no attention was found, and nothing that mixes tokens";
inline constexpr const char* kNoFeedForward =
    "no feed-forward network over tokens was found";

/// The sum of `term` of the weight and the gradient of each linear layer that
/// `chosen` accepts, a tensor of one element in float64. A layer that runs
/// several times counts once, one without gradient adds 0. Degenerate with
/// `reason_when_none` where there is none, and where such a layer's weight is
/// no parameter of its own.
engine::Score sum_over_layers(
    const engine::Pass& pass,
    const std::function<bool(const networks::LayerCall&)>& chosen,
    const std::function<
        at::Tensor(const at::Tensor& weight, const at::Tensor& gradient)>& term,
    const char* reason_when_none);

/// The same of the output of each call as [samples, tokens, features], without
/// history. PyTorch's own attention has [tokens, samples, features]. Degenerate
/// where it cannot be told which axis has the samples.
engine::Score sum_over_outputs(
    const engine::Pass& pass,
    const engine::Setting& setting,
    const std::function<bool(const networks::LayerCall&)>& chosen,
    const std::function<
        at::Tensor(const networks::LayerCall&, const at::Tensor& output)>& term,
    const char* reason_when_none);

/// The same of each attention. Degenerate without.
engine::Score sum_over_attention(
    const engine::Pass& pass,
    const std::function<at::Tensor(const networks::AttentionCall&)>& term);

/// The weights of attention with an axis for the samples and one for the heads:
/// [N, heads, tokens, tokens].
at::Tensor weights_by_head(
    const networks::AttentionCall& call,
    std::int64_t samples);

/// |w g|, summed in float64.
at::Tensor saliency(const at::Tensor& weight, const at::Tensor& gradient);

}  // namespace zcp::reductions
