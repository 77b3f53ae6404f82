// What `zcp score` says: the table of scores, and why some do not exist.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "apps/architectures.h"
#include "apps/score/score_table.h"

namespace zcp::apps {

/// The CSV: a row each time an architecture was asked for, where `mine` (by
/// index in Architectures::unique, the table's rows) is true.
void write_score_rows(
    std::ostream& out,
    const Architectures& architectures,
    const ScoreTable& table,
    const std::function<bool(std::size_t)>& mine);

/// A line for each proxy and reason for which scores do not exist: how many
/// they are, and one of the architectures.
std::vector<std::string> missing_score_lines(const ScoreTable& table);

}  // namespace zcp::apps
