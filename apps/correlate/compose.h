// `zcp correlate --compose`: a composite chosen on other spaces.
#pragma once

#include <string>
#include <vector>

#include "analysis/study/travelling.h"
#include "apps/correlate/options.h"

namespace zcp::apps {

struct Composed {
  study::Travelling found;
  std::vector<std::string> notes;  ///< what the user should know, a line each
};

/// Reads the tables and chooses. Throws UserError for tables that cannot be
/// read or joined, a metric that is no column, and as choose_travelling() does.
Composed compose(const CorrelateOptions& options);

/// A table for each space, in the format asked for, and on standard error what
/// was left out.
void print_composed(const Composed& composed, const CorrelateOptions& options);

}  // namespace zcp::apps
