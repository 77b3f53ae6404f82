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

}  // namespace zcp::networks
