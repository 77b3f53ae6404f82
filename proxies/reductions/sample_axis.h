// Whether a network's tensors have one row a sample, which several proxies take
// for granted. Needs LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <optional>
#include <string>

#include "proxies/engine/observer.h"

namespace zcp::reductions {

using CallFilter = std::function<bool(const networks::LayerCall&)>;

/// Why row n of the inputs and outputs of the calls that `looked_at` accepts is
/// not sample n of x [N, ...]; none where it is. Attention over [tokens, N, D],
/// windows and patches in the batch, and layers that let samples meet are such
/// reasons.
///
/// The shapes are compared with N, and a second forward pass with one sample
/// changed has to leave the rows of the others as they are. Both passes have at
/// most three of the samples, and BatchNorm does not couple them. They are not
/// run where Network::keeps_samples_apart() knows.
std::optional<std::string> sample_axis_fault(
    const networks::Network& network,
    const at::Tensor& x,
    const CallFilter& looked_at);

/// The same for the network of a setting, with the inputs of the first
/// minibatch, or noise where there is none. The passes run once for all proxies
/// that ask; filters look at no values. The network of a graph has one row a
/// sample by construction and is not run.
std::optional<std::string> sample_axis_fault(
    const engine::Setting& setting,
    const CallFilter& looked_at);

/// For Descriptor::make of a proxy that takes row n for sample n in the calls
/// that `looked_at` accepts: that of `make`, but degenerate with the reason
/// where sample_axis_fault() has one, or where the rows of a pass are not as
/// many as its samples.
engine::MakeObserver with_samples_first(
    CallFilter looked_at,
    engine::MakeObserver make);

/// For Descriptor::make of a proxy that takes each call that `looked_at`
/// accepts for a layer at work on the minibatch: that of `make`, but degenerate
/// where a file's network runs it on a part of the samples at a time.
engine::MakeObserver with_whole_batches(
    CallFilter looked_at,
    engine::MakeObserver make);

/// Why row n of what the recorded calls have is not sample n of `samples`, by
/// their shapes alone; none where it may be.
std::optional<std::string> whole_batch_fault(
    const networks::Recording& recording,
    std::int64_t samples,
    const CallFilter& looked_at);

/// Filters: ReLUs; activation functions that have sign patterns; layers with a
/// weight.
bool is_relu(const networks::LayerCall& call);
bool has_sign_patterns(const networks::LayerCall& call);
bool has_weight(const networks::LayerCall& call);

}  // namespace zcp::reductions
