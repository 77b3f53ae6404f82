// Which nodes of a TorchScript program run together, and whether its maps may
// lie channels last.
//
// This header includes LibTorch.
#pragma once

#include "nets/networks/script_program.h"

namespace zcp::networks {

/// Finds BatchNorms, the sum that is their only reader and the ReLU that is the
/// sum's only reader, of which the last node gets NodePlan::fused and the
/// others NodePlan::deferred. A value that somebody else reads, or that may be
/// written into between the two places where it could be read, is not fused.
/// Plans of the nodes have to be there.
void plan_fusions(ScriptProgram& program);

/// Whether a pass may lay out maps with their channels last: a network of
/// convolutions and BatchNorms in which no operator tells the layout, and none
/// writes into a value of which another operator may have made a view: that
/// would be a copy where the layout does not allow the view.
bool may_lie_channels_last(const ScriptProgram& program);

}  // namespace zcp::networks
