// One call of `zcp score`, after its options were read.
#pragma once

#include "apps/score/options.h"

namespace zcp::apps {

/// Scores what was asked for, by way of the store where there is one, and
/// writes the table. Throws UserError for a selection, a task, proxies or a
/// store that do not fit.
void run_score(const ScoreOptions& options);

}  // namespace zcp::apps
