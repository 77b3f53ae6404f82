// The learning curve of models as SVG.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

#include "analysis/prediction/learning.h"

namespace zcp::report {

/// Held-out tau against the number of labels (by logarithm), a line a model
/// with its intervals; dashed, the best single proxy on the same labels and the
/// baseline, where there is one.
void write_learning_figure(
    std::ostream& out,
    std::span<const prediction::LearningRow> rows,
    const std::string& metric,
    const std::string& baseline);

}  // namespace zcp::report
