// A loss that the caller of the engine brings along. No LibTorch in this
// header.
#pragma once

#include <cstdint>
#include <functional>

namespace at {
class Tensor;
}

namespace zcp::engine {

/// Samples of a run's data, by their numbers: `count` of minibatch `minibatch`
/// from `first` on, both counted from 0.
struct Samples {
  int minibatch = 0;
  std::int64_t first = 0;
  std::int64_t count = 0;
};

/// The loss of a network's output for these samples: a tensor of one element
/// through which autograd reaches the output. By the convention of the built-in
/// losses it is a mean over the samples. Called from the threads that score;
/// what it throws is the reason why a proxy has no score.
using LossFunction =
    std::function<at::Tensor(const at::Tensor& output, const Samples& samples)>;

}  // namespace zcp::engine
