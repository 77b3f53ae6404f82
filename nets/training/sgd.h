// SGD with Nesterov's momentum, as torch.optim.SGD computes it.
//
// This header includes LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <vector>

namespace zcp::training {

struct SgdOptions {
  double momentum = 0.9;
  double weight_decay = 0;
};

/// Moves float32 parameters, which it shares with their network, against their
/// gradients.
class Sgd {
 public:
  virtual ~Sgd() = default;
  Sgd() = default;
  Sgd(const Sgd&) = delete;
  Sgd& operator=(const Sgd&) = delete;

  /// One step at a learning rate. `gradients` are by parameter; those of
  /// parameters on which the loss does not depend are undefined, in every step
  /// the same ones, and these parameters do not decay.
  virtual void step(const std::vector<at::Tensor>& gradients, double rate) = 0;
};

/// The way for the device on which the parameters are: in one loop over memory
/// on a processor; on others by a few operators over all parameters at once,
/// since each is a kernel to launch. There the parameters become views of one
/// tensor in the first step. Both give the same numbers up to the rounding of a
/// fused multiplication.
std::unique_ptr<Sgd> make_sgd(
    std::vector<at::Tensor> parameters,
    const SgdOptions& options);

}  // namespace zcp::training
