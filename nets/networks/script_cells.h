// Recurrent cells of TorchScript files as the layers that they are made of.
//
// This header includes LibTorch.
#pragma once

#include <torch/csrc/jit/ir/ir.h>

#include <memory>

namespace zcp::networks {

/// Writes lstm_cell, gru_cell, rnn_tanh_cell and rnn_relu_cell as linear layers
/// and arithmetic, in LibTorch's own order (aten/src/ATen/native/RNN.cpp). That
/// is how a trace has them, while a script has one operator, so that both are
/// scored alike.
void expand_cells(std::shared_ptr<torch::jit::Graph>& graph);

}  // namespace zcp::networks
