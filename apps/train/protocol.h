// The choices that decide the accuracies of a call of `zcp train`.
#pragma once

#include "analysis/store/protocol.h"
#include "apps/selection.h"
#include "apps/train/options.h"

namespace zcp::apps {

/// What accuracies depend on besides architecture and seed.
store::Protocol train_protocol(
    const TrainOptions& options,
    const Selection& selection,
    const tasks::TrainingData& data);

}  // namespace zcp::apps
