// `zcp train --suggest`: which architectures to train next.
#pragma once

#include "apps/train/options.h"

namespace zcp::apps {

/// Prints, a spec a line, as many of the selection as --suggest says: those
/// whose accuracies would tell most of all others' (see choose_labels.h), by
/// features of their graphs, given the ones that the table --csv has already.
/// Nothing is trained. Returns the exit status; throws UserError where fewer
/// are left to train.
int suggest_trainings(const TrainOptions& options);

}  // namespace zcp::apps
