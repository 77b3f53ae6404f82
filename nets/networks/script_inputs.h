// Several inputs of a program.
//
// This header includes LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "common/network_inputs.h"
#include "nets/networks/script_program.h"

namespace zcp::networks {

/// Finds the input of `forward` that each of ScriptOptions::inputs is: by its
/// name, or by its position where it has none.
/// Throws UserError, one line that names the file and where the inputs were
/// found, for a name that `forward` does not have, for too many or too few, and
/// for one that is no tensor there or, of an exported program, of other axes or
/// another type.
void place_inputs(ScriptProgram& program);

/// The inputs [N, sizes...] that lie in x [N, K, 1, 1], in the type of x or of
/// whole numbers.
std::vector<at::Tensor> unpacked(
    const NetworkInputs& inputs,
    const at::Tensor& x);

}  // namespace zcp::networks
