// What the parameters of a TorchScript program are used for.
//
// This header includes LibTorch.
#pragma once

#include <vector>

#include "nets/networks/script_program.h"

namespace zcp::networks {

/// Sets kind and Parameter::in_calls of each parameter by the operators that
/// use it, and the program's computed_weights. Makes matrix products with
/// parameters layers: their plans get LayerKind::linear. A parameter that no
/// operator uses is told by its name and its dimensions.
/// Plans of the nodes have to be there.
void find_uses(ScriptProgram& program, std::vector<Parameter>& parameters);

/// The index of the parameter that a value is; -1 where it is none.
int parameter_of(const ScriptProgram& program, const torch::jit::Value* value);

}  // namespace zcp::networks
