// The blocks of an exported program.
//
// This header includes LibTorch.
#pragma once

#include "nets/networks/script_program.h"

namespace zcp::networks {

/// Fills the program's blocks, residual blocks and a note of which they are.
///
/// With ScriptOptions::blocks they are what these modules return, in that
/// order. Otherwise they are found by their sums: a sum of two values that come
/// from one, at least one of them by way of a layer. Where such a sum stands in
/// a module other than the whole network, what the innermost one returns is the
/// block; the first block is what enters the first of them, the stem.
///
/// Residual blocks are told as graph::residual_blocks() tells those of spaces.
/// Plans of the nodes have to be there. Throws UserError for a module that is
/// not there, or that returns no single tensor.
void find_blocks(ScriptProgram& program);

}  // namespace zcp::networks
