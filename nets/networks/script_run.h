// A forward pass of a TorchScript program.
//
// This header includes LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "nets/networks/network.h"
#include "nets/networks/script_program.h"

namespace zcp::networks {

/// The tensor that the program's `forward` returns for x, by these parameters;
/// the one that its options choose where it returns several. Runs node by node;
/// the module stays as it is. `recording` may be null.
/// Throws UserError where several tensors are returned and none is chosen;
/// std::invalid_argument for a program that needs other inputs, returns no
/// tensor or has nodes that cannot be run.
///
/// An input after the first gets its default; beside words, a mask shows those
/// that are not hidden (-1 - word), and their types are 0. Where x are
/// embeddings of words, `words` are those, undefined where none is hidden.
at::Tensor run_script(
    const ScriptProgram& program,
    const std::vector<Parameter>& parameters,
    const at::Tensor& x,
    BatchNormMode batch_norm,
    Recording* recording,
    const at::Tensor& words = {});

/// Whether the program takes a mask: an input after the first whose name holds
/// "mask".
bool takes_mask(const ScriptProgram& program);

/// Words as they are, also those that a mask hides.
at::Tensor shown_words(const at::Tensor& words);

}  // namespace zcp::networks
