// The choices that decide the scores of a call of `zcp score`.
#pragma once

#include "analysis/store/protocol.h"
#include "apps/score/options.h"
#include "apps/selection.h"

namespace zcp::apps {

/// What scores depend on besides architecture and proxy. With `reads_data` the
/// task has to be open, for the fingerprint of its data.
store::Protocol score_protocol(
    const ScoreOptions& options,
    const Selection& selection,
    const TaskChoice& task,
    bool reads_data);

}  // namespace zcp::apps
