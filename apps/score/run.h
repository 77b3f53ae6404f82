// One call of `zcp score`, after its options were read.
#pragma once

#include "apps/score/options.h"

namespace zcp::apps {

/// Scores what was asked for, by way of the store where there is one, and
/// writes the table. Throws UserError for a selection, a task, proxies or a
/// store that do not fit. Returns the exit status: 1 where scores are missing
/// for a reason outside the architectures, such as memory that ran out.
int run_score(const ScoreOptions& options);

}  // namespace zcp::apps
