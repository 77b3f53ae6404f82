// What an exported program takes.
//
// This header includes LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <cstddef>
#include <cstdint>

#include "nets/networks/script_program.h"

namespace zcp::networks {

/// Throws UserError, one line that names the file and what it wants, where x,
/// the input of `forward` at `place`, is of other axes than those that the
/// program was exported for. Programs of TorchScript take anything.
void check_input(
    const ScriptProgram& program,
    std::size_t place,
    const at::Tensor& x);

/// The least batch that the program takes, 1 at least.
std::int64_t least_batch(const ScriptProgram& program);

}  // namespace zcp::networks
