// The networks of FlexiBERT's encoders, as programs.
#pragma once

#include "common/output.h"
#include "nets/graph/program.h"
#include "nets/spaces/flexibert_spec.h"

namespace zcp::spaces::flexibert {

/// Takes words [N, tokens], gives the features of each token [N, tokens,
/// hidden], or, for an output of classes, what a linear layer makes of their
/// mean [N, classes].
graph::Program
program(const Encoder& encoder, int tokens, const Output& output);

}  // namespace zcp::spaces::flexibert
