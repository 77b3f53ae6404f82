// Layer gradients over several minibatches (ZiCo and its relatives). Needs
// LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "proxies/engine/observer.h"

namespace zcp::reductions {

/// The gradients of convolution and linear weights, minibatch after minibatch.
class GradientHistory {
 public:
  void add(const engine::Pass& pass);

  /// By layer: the gradient of each minibatch that gave one.
  const std::vector<std::vector<at::Tensor>>& layers() const { return layers_; }

  /// All layers at once, by minibatch, float64 [weights]; empty on the
  /// processor, and where other layers got gradients in other minibatches.
  const std::vector<at::Tensor>& flat() const { return flat_; }
  /// By layer of flat(): its number of weights.
  std::span<const std::int64_t> sizes() const { return sizes_; }

 private:
  void add_flat(const engine::Pass& pass);

  std::vector<std::vector<at::Tensor>> layers_;
  std::vector<at::Tensor> flat_;
  std::vector<std::int64_t> sizes_;
  bool alike_ = true;  // all minibatches give the layers of sizes_
};

/// For Descriptor::make of a proxy that sees all minibatches: the score is a
/// function of the gradients and of what `of_first_pass` makes of the first
/// minibatch (0 without such a function).
engine::MakeObserver from_gradient_history(
    std::function<engine::Score(const GradientHistory&, double)> reduce,
    std::function<double(const engine::Pass&)> of_first_pass = nullptr);

/// ZiCo's score: the sum over the layers of log sum_w m / s, m the mean over
/// the minibatches of |dL/dw| and s the population standard deviation of dL/dw.
/// Elements with s = 0 are left out, and layers without any other.
engine::Score zico_score(const GradientHistory& history);

}  // namespace zcp::reductions
