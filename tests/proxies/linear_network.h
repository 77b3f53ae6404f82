// A network of one linear layer, whose derivatives are known, and the words in
// which tests write down small tensors and calls.
#pragma once

#include <ATen/ATen.h>

#include <initializer_list>
#include <memory>
#include <vector>

#include "nets/networks/network.h"
#include "proxies/engine/observer.h"

namespace zcp::test {

/// A float64 matrix by its rows.
inline at::Tensor matrix(
    std::initializer_list<std::initializer_list<double>> rows) {
  std::vector<double> values;
  for (const auto& row : rows) values.insert(values.end(), row);
  return at::tensor(values, at::kDouble)
      .reshape({static_cast<std::int64_t>(rows.size()), -1});
}

/// A call that returned `output`.
inline networks::LayerCall call_of(
    networks::LayerKind kind,
    const at::Tensor& output) {
  networks::LayerCall call{};
  call.kind = kind;
  call.output = output;
  return call;
}

/// logits = x W^T, x flattened.
class LinearNetwork final : public networks::Network {
 public:
  explicit LinearNetwork(
      at::Tensor weight,
      networks::ParameterKind kind = networks::ParameterKind::linear_weight)
      : Network({{"classifier.weight", kind, std::move(weight)}}) {}

  at::Tensor forward(
      const at::Tensor& x,
      networks::BatchNormMode,
      networks::Recording* recording) const override {
    const at::Tensor in = x.flatten(1);
    const at::Tensor out = in.mm(parameters()[0].value.t());
    if (recording != nullptr) {
      networks::LayerCall call = call_of(networks::LayerKind::linear, out);
      call.input = in;
      call.weight = 0;
      recording->calls.push_back(call);
    }
    return out;
  }

  std::unique_ptr<networks::Network> with_parameters(
      const std::function<at::Tensor(const networks::Parameter&)>& change)
      const override {
    return std::make_unique<LinearNetwork>(
        change(parameters()[0]), parameters()[0].kind);
  }
};

/// What is the same for every architecture of a test.
struct TestRun {
  engine::RunSettings settings;
  std::vector<engine::DeviceMinibatch> minibatches;
  engine::RandomInputs random;

  engine::Setting setting(const networks::Network* network) const {
    return {settings, network, nullptr, 0, 0, 2, minibatches, random};
  }
};

}  // namespace zcp::test
