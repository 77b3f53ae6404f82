// Makes a program of what torch.export.save wrote.
//
// This header includes LibTorch.
#pragma once

#include "common/exported_program.h"
#include "nets/networks/script_program.h"

namespace zcp::networks {

/// Fills the program's module with the file's parameters, buffers and
/// constants, and its graph with a node for each of the file's. What decomposed
/// graphs say by other operators becomes the layer that it computes: a
/// convolution, a linear layer, a norm, attention. Outputs that only update
/// buffers are left out.
/// `program.path` is for messages. Throws UserError for an operator that this
/// LibTorch lacks and for what cannot be run node by node.
void translate_exported(
    const ExportedProgram& exported,
    ScriptProgram& program);

}  // namespace zcp::networks
