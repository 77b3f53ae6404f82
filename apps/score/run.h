// One call of `zcp score`, after its options were read.
#pragma once

#include <memory>

#include "apps/score/options.h"
#include "apps/score/work.h"
#include "apps/selection.h"

namespace zcp::apps {

/// What the options of a call name, found and checked.
struct ScoreJob {
  Proxies proxies;
  Selection selection;
  TaskChoice task;
  std::unique_ptr<GraphCache> graphs;  ///< null for models
};

/// Finds what is to be scored, and says on standard error what there is to know
/// of it. Throws UserError for a selection, a task or proxies that do not fit.
ScoreJob prepare_score(const ScoreOptions& options);

/// Scores what was asked for, by way of the store where there is one, and
/// writes the table. Throws UserError for a selection, a task, proxies or a
/// store that do not fit. Returns the exit status: 1 where scores are missing
/// for a reason outside the architectures, such as memory that ran out.
int run_score(const ScoreOptions& options);

/// Throws UserError for a proxy named by itself that the protocol cannot serve:
/// too few minibatches, or bfloat16 where its ranking does not hold.
void require_served(const ScoreOptions& options);

/// Throws UserError for images that the machine has no memory for: the system
/// would end the process.
void require_memory(const ScoreOptions& options, const TaskChoice& task);

}  // namespace zcp::apps
