// Copies of data and random inputs on the device. Needs LibTorch.
#pragma once

#include "common/minibatch.h"
#include "proxies/engine/evaluator.h"
#include "proxies/engine/observer.h"

namespace zcp::engine {

/// The minibatch on the device, inputs in the dtype of `options`. Numbers that
/// are targets are float64 where the inputs are, else float32.
/// Throws std::invalid_argument when an array has not the size that the
/// minibatch's shape says.
DeviceMinibatch on_device(
    const Minibatch& host,
    const at::TensorOptions& options);

/// The random inputs of a run: those that `given` holds, the others drawn by
/// the seed. `sizes` are those of one input: [C, H, W], or [T, E] of the
/// embeddings of words.
RandomInputs draw_random_inputs(
    const RunSettings& run,
    at::IntArrayRef sizes,
    const HostNoise& given);

}  // namespace zcp::engine
