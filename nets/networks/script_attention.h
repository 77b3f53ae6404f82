// Finds the attention of a program, and what its linear layers are there for.
//
// This header includes LibTorch.
#pragma once

#include "nets/networks/script_program.h"

namespace zcp::networks {

/// Fills the program's attentions, the roles of its linear layers and its table
/// of words.
///
/// Attention is a softmax of a product of two values that depend on the input
/// (scaled, masked or shifted on the way) that is multiplied with a third one,
/// or PyTorch's scaled_dot_product_attention. Its projections are the linear
/// layers that its queries, keys and values come from by way of views, splits
/// and transposes. A linear layer in front of an activation that another one
/// follows, and that other one, belong to a feed-forward network. What lies in
/// branches and loops of scripts is not looked at.
/// Plans of the nodes and the uses of parameters have to be there.
void find_attention(ScriptProgram& program);

}  // namespace zcp::networks
