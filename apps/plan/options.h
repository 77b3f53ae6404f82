// What `zcp plan` is asked for.
#pragma once

#include <optional>

#include "apps/score/options.h"
#include "apps/text_table.h"

namespace zcp::apps {

struct PlanOptions {
  ScoreOptions score;  ///< with the workers of a node
  Arguments command;   ///< of zcp score: all words but those of plan alone
  int nodes = 1;
  int measured = 8;  ///< networks that are run
  TableFormat format = TableFormat::text;
};

/// Nothing where --help was asked for, and printed. Throws as
/// parse_score_options().
std::optional<PlanOptions> parse_plan_options(const Arguments& arguments);

}  // namespace zcp::apps
