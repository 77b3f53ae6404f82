// Architectures of two tables that are the same in other words.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "benchmarks/tables/table.h"

namespace zcp::study {

/// The names of some rows of two tables, in the form that their space writes:
/// NASLib's tuples beside specs, Python's genotypes, isomorphic cells of
/// NAS-Bench-101. A name that is no spec of the space stays as it is, and all
/// do where the tables are of no common space.
struct SpecNames {
  std::vector<std::string> scores;
  std::vector<std::string> truth;
};

/// Throws UserError where two of a table's rows are one architecture.
SpecNames spec_names(
    const tables::Table& scores,
    const std::vector<std::size_t>& score_rows,
    const tables::Table& truth,
    const std::vector<std::size_t>& truth_rows);

/// The space that the first rows of the table name members of, the first one
/// where several take such names; empty where none does.
std::string space_of(const tables::Table& table);

}  // namespace zcp::study
