// A proxy or a composite by its name, for every subcommand that orders
// architectures by one.
#pragma once

#include <string>
#include <vector>

#include "benchmarks/tables/table.h"

namespace zcp::apps {

/// One score an architecture of `table`, NaN where there is none: the column
/// of that name, or the composite, whose pool are all rows. Throws UserError
/// where there is neither.
std::vector<double> scores_by(
    const std::string& by,
    const tables::Table& table);

}  // namespace zcp::apps
