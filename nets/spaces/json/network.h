// The network of one member of a space that a file describes.
#pragma once

#include <string_view>
#include <vector>

#include "common/output.h"
#include "nets/graph/graph.h"
#include "nets/spaces/json/description.h"

namespace zcp::spaces::json {

/// `settings` are those of description.choices, in their order; `spec` is named
/// in errors.
/// Throws UserError with file, path and spec where shapes do not fit, and where
/// a number is out of range or a network too large.
graph::Graph build_network(
    const Description& description,
    const std::vector<Setting>& settings,
    std::string_view spec,
    Shape input,
    int classes,
    graph::Folding folding);

}  // namespace zcp::spaces::json
