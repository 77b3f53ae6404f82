// Architectures whose output does not depend on their input. They are fast,
// they lose no accuracy under an attack, and they are useless, so that they
// win comparisons that nobody means to make. No LibTorch.
#pragma once

#include <functional>
#include <string>

#include "benchmarks/tables/table.h"
#include "nets/graph/graph.h"

namespace zcp::apps {

/// Whether nothing of the input reaches the output. The graph is one of
/// graph::Folding::functional or as_declared.
bool is_dead(const graph::Graph& graph);

/// Takes the dead architectures out of a table of scores and adds to its notes
/// how many they were. The space is `space` or, where that is empty, the one
/// that a store at `path` names, else the one that the names are members of:
/// where these may be of several, as NASLib's tuples may, the names of the
/// table that `beside` reads decide. Graphs are built on all cores. Throws
/// UserError where no space is known, or more than one is possible, for a name
/// that is none of its members, and as open_space_of_scores() does.
void drop_dead(
    tables::Table& table,
    const std::string& path,
    const std::string& space = {},
    const std::function<tables::Table()>& beside = {});

}  // namespace zcp::apps
