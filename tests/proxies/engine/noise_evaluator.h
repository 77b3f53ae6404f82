// Evaluators for tests. Needs LibTorch.
#pragma once

#include <vector>

#include "proxies/engine/evaluator.h"
#include "tests/proxies/engine/noise_minibatches.h"

namespace zcp::test {

/// An evaluator of these options on as many noise_minibatches() as they ask
/// for.
inline engine::Evaluator noise_evaluator(
    const std::vector<const engine::Descriptor*>& proxies,
    const engine::EvaluatorOptions& options,
    Shape shape,
    int classes) {
  const auto count = static_cast<std::uint64_t>(options.minibatches);
  return {
      proxies,
      options,
      shape,
      classes,
      noise_minibatches(count, options.batch_size, shape, classes)};
}

}  // namespace zcp::test
