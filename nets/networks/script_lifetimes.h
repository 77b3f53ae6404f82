// How long the values of a TorchScript program are kept.
//
// This header includes LibTorch.
#pragma once

#include "nets/networks/script_program.h"

namespace zcp::networks {

/// Fills NodePlan::done_after of the nodes outside control flow. The nodes have
/// plans.
void plan_lifetimes(ScriptProgram& program);

}  // namespace zcp::networks
