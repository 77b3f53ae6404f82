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

/// The spaces that the table's names may be of: one where they are specs, none
/// where they are of no space, several where NASLib's tuples may be read in
/// several ways and the names of `beside` do not decide. Of spaces that read
/// the names alike the first one stands for all.
std::vector<std::string> spaces_of(
    const tables::Table& table,
    const tables::Table& beside = {});

/// The names of the table, NASLib's tuples written as specs where spaces_of()
/// finds one space; as they are where it does not.
std::vector<std::string> names_as_specs(
    const tables::Table& table,
    const tables::Table& beside = {});

}  // namespace zcp::study
