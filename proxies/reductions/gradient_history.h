// Layer gradients over several minibatches (ZiCo and its relatives).
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "proxies/engine/observer.h"

namespace zcp::reductions {

/// By layer: the gradient of each minibatch; empty where none arrived.
class GradientHistory {
 public:
  void add(const engine::Pass& pass);
  const std::vector<std::vector<at::Tensor>>& layers() const { return layers_; }

 private:
  std::vector<std::vector<at::Tensor>> layers_;
};

/// ZiCo's score of a history (zico.cpp has the formula).
engine::Score zico_score(const GradientHistory& history);

}  // namespace zcp::reductions
