// How the tensors of a TorchScript program lie in memory, and how long.
//
// This header includes LibTorch.
#pragma once

#include "nets/networks/script_program.h"

namespace zcp::networks {

/// Fills what the plans of nodes say of layouts and of last reads. Nodes within
/// control flow keep planes and their values. The nodes have plans.
void plan_layout(ScriptProgram& program);

}  // namespace zcp::networks
