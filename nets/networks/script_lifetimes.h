// How long the values of a TorchScript program are kept.
//
// This header includes LibTorch.
#pragma once

#include "nets/networks/script_program.h"

namespace zcp::networks {

/// Fills NodePlan::done: after each node the values that nobody reads later.
/// Fusions and attention have to be planned.
void plan_lifetimes(ScriptProgram& program);

}  // namespace zcp::networks
