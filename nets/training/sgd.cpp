#include "nets/training/sgd.h"

#include <ATen/core/grad_mode.h>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace zcp::training {
namespace {

class ProcessorSgd final : public Sgd {
 public:
  ProcessorSgd(std::vector<at::Tensor> parameters, const SgdOptions& options)
      : parameters_(std::move(parameters)),
        momentum_(static_cast<float>(options.momentum)),
        decay_(static_cast<float>(options.weight_decay)) {
    for (const at::Tensor& parameter : parameters_) {
      velocities_.push_back(at::zeros_like(parameter));
    }
  }

  void step(const std::vector<at::Tensor>& gradients, double rate) override {
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      if (!gradients[i].defined()) continue;
      const at::Tensor gradient = laid_out_alike(gradients[i], parameters_[i]);
      step_one(
          gradient.data_ptr<float>(),
          parameters_[i].numel(),
          static_cast<float>(rate),
          parameters_[i].data_ptr<float>(),
          velocities_[i].data_ptr<float>());
    }
  }

 private:
  /// The gradient with its elements in the order of the parameter's in memory.
  static at::Tensor laid_out_alike(
      const at::Tensor& gradient,
      const at::Tensor& parameter) {
    if (gradient.strides() == parameter.strides()) return gradient;
    return at::empty_like(parameter).copy_(gradient);
  }

  void step_one(
      const float* gradient,
      std::int64_t count,
      float rate,
      float* __restrict parameter,
      float* __restrict velocity) const {
    for (std::int64_t i = 0; i < count; ++i) {
      const float slope = gradient[i] + decay_ * parameter[i];
      velocity[i] = momentum_ * velocity[i] + slope;
      parameter[i] -= rate * (slope + momentum_ * velocity[i]);
    }
  }

  std::vector<at::Tensor> parameters_;
  std::vector<at::Tensor> velocities_;
  float momentum_;
  float decay_;
};

class DeviceSgd final : public Sgd {
 public:
  DeviceSgd(std::vector<at::Tensor> parameters, const SgdOptions& options)
      : parameters_(std::move(parameters)), options_(options) {}

  void step(const std::vector<at::Tensor>& gradients, double rate) override {
    const at::NoGradGuard no_grad;
    if (!flat_.defined()) join(gradients);
    std::vector<at::Tensor> parts;
    for (const at::Tensor& gradient : gradients) {
      if (gradient.defined()) parts.push_back(gradient.reshape({-1}));
    }
    if (parts.empty()) return;
    at::Tensor slope = at::cat(parts);
    slope.add_(flat_, options_.weight_decay);
    velocity_.mul_(options_.momentum).add_(slope);
    slope.add_(velocity_, options_.momentum);
    flat_.add_(slope, -rate);
  }

 private:
  /// Makes the parameters that have gradients views of one tensor.
  void join(const std::vector<at::Tensor>& gradients) {
    std::vector<at::Tensor> parts;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      if (!gradients[i].defined()) continue;
      parts.push_back(parameters_[i].detach().reshape({-1}));
    }
    if (parts.empty()) return;
    flat_ = at::cat(parts);
    velocity_ = at::zeros_like(flat_);
    std::int64_t begin = 0;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      if (!gradients[i].defined()) continue;
      const std::int64_t count = parameters_[i].numel();
      parameters_[i].set_data(
          flat_.narrow(0, begin, count).view(parameters_[i].sizes()));
      begin += count;
    }
  }

  std::vector<at::Tensor> parameters_;
  SgdOptions options_;
  at::Tensor flat_;
  at::Tensor velocity_;
};

}  // namespace

std::unique_ptr<Sgd> make_sgd(
    std::vector<at::Tensor> parameters,
    const SgdOptions& options) {
  if (parameters.empty() || parameters[0].is_cpu()) {
    return std::make_unique<ProcessorSgd>(std::move(parameters), options);
  }
  return std::make_unique<DeviceSgd>(std::move(parameters), options);
}

}  // namespace zcp::training
