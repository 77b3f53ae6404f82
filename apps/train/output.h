// The lines above a table of accuracies.
#pragma once

#include <iosfwd>
#include <span>

#include "analysis/store/score_store.h"

namespace zcp::apps {

/// Every call that left trainings, and where (a table may be made in parts),
/// then what the columns mean. No line comes twice.
void write_training_comments(
    std::ostream& out,
    std::span<const store::Run> runs);

}  // namespace zcp::apps
