// What each node of a TorchScript program is.
//
// This header includes LibTorch.
#pragma once

#include "nets/networks/script_program.h"

namespace zcp::networks {

/// Plans every node of the program's graph, those of control flow included, and
/// notes what was changed.
/// Throws UserError for random numbers that cannot be repeated.
void plan_nodes(ScriptProgram& program);

}  // namespace zcp::networks
