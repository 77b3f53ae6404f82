// Whether the operators of a TorchScript program let samples meet.
//
// This header includes LibTorch.
#pragma once

#include <cstdint>
#include <vector>

#include "nets/networks/script_program.h"

namespace zcp::networks {

/// Whether row n of every tensor that the program computes from an input of so
/// many axes, and of every tensor that observers see, is of sample n alone, but
/// for the statistics of BatchNorms: all operators are known, and none of them
/// touches the first axis. Said of programs of one input without control flow;
/// false where it is not known. `parameters` are those of the network.
bool keeps_samples_apart(
    const ScriptProgram& program,
    const std::vector<Parameter>& parameters,
    std::int64_t axes);

}  // namespace zcp::networks
