// Recurrent cells of files as the layers that they are made of.
//
// This header includes LibTorch.
#pragma once

#include "nets/networks/script_program.h"

namespace zcp::networks {

/// Writes lstm_cell, gru_cell, rnn_tanh_cell and rnn_relu_cell of the program's
/// graph as linear layers and arithmetic, in LibTorch's own order
/// (aten/src/ATen/native/RNN.cpp). That is how a trace has them, while scripts
/// and exported programs have one operator, so that all are scored alike.
void expand_cells(ScriptProgram& program);

}  // namespace zcp::networks
