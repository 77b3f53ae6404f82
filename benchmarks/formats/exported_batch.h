// The batch of exported programs.
#pragma once

#include "common/exported_program.h"

namespace zcp::formats {

/// torch.export makes the batch of its example a constant, unless it is told
/// otherwise. Where no node of the program says that number, the program works
/// on any batch: its input's first axis becomes free.
///
/// A node says it where one of its integers is a positive multiple of the
/// batch. Layers, pools, norms and activation functions are not looked at,
/// whose numbers are of channels and windows, nor are numbers of axes.
void free_batch(ExportedProgram& program);

}  // namespace zcp::formats
