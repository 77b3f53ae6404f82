// Padding in the programs of spaces of texts. No LibTorch in this header.
#pragma once

#include "nets/graph/program.h"

namespace zcp::networks {

/// Whether the program takes words, of which some may be padding.
bool takes_words(const graph::Program& program);

/// The same program with a second input "attention_mask" [N, T], 1 for words
/// that are seen and 0 for padding, as PyTorch's BERTs have it: padding gets no
/// attention, and the mean over the words that a classifier reads is one of the
/// words that are seen. Where a convolution or a transform mixes words, it
/// mixes padding in, as Hugging Face's ConvBERT and FNet do. Parameters stay
/// the same, in the same order.
graph::Program with_mask(const graph::Program& program);

}  // namespace zcp::networks
