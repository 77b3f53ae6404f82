#include "nets/training/running_statistics.h"

#include <ATen/core/grad_mode.h>

namespace zcp::training {
namespace {

constexpr double kMomentum = 0.1;

void move(at::Tensor& running, const at::Tensor& batch, double start) {
  if (!running.defined()) {
    running = at::full(batch.sizes(), start, batch.options().dtype(at::kFloat));
  }
  running.lerp_(batch.to(at::kFloat), kMomentum);
}

}  // namespace

RunningStatistics::RunningStatistics(const graph::Graph& graph)
    : values_{
          std::vector<at::Tensor>(graph.nodes().size()),
          std::vector<at::Tensor>(graph.nodes().size())} {}

void RunningStatistics::move_towards(
    std::span<const kernels::BatchMoments> moments) {
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < moments.size(); ++i) {
    if (!moments[i].mean.defined()) continue;
    move(values_.means[i], moments[i].mean, 0);
    move(values_.variances[i], moments[i].variance, 1);
  }
}

}  // namespace zcp::training
