// One call of `zcp train`, after its options were read.
#pragma once

#include "apps/train/options.h"

namespace zcp::apps {

/// Trains what the store does not have and writes the table of all that it has.
/// Returns the exit status: 1 when it was interrupted, else 0. Throws UserError
/// for a selection, data or a store that do not fit.
int run_train(const TrainOptions& options);

}  // namespace zcp::apps
