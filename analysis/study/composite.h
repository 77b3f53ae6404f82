// Scores made of the ranks of other scores over a pool.
//
// A composite's score of an architecture is a sum over its members of the
// architecture's rank in the pool, or of log(rank / n): rank 1 is the worst
// and n the best of the pool's n architectures, equal scores share their mean
// rank. So the score depends on the pool; the pool is every architecture of
// the table of scores.
//
// Architectures without a score of a member share the lowest ranks of that
// member, as if they had come last. (AZ-NAS uses -inf and VKDNW the least value
// of the pool, to the same effect.) The ranks of the other members still count.
// An architecture without a score of any member has no composite score.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/tables/table.h"

namespace zcp::study {

/// log_sum: sum of log(rank / n), AZ-NAS's non-linear aggregation (CVPR 2024);
/// sum: of the ranks themselves.
enum class RankRule { log_sum, sum };

struct Composite {
  std::string name;
  RankRule rule;
  std::vector<std::string> members;  ///< columns, all higher = better
};

/// The alias of a proxy's name (`flops` of `macs`, `jacov` of `jacob_cov`), or
/// the name that it is an alias of; else `name` itself.
std::string other_name(std::string_view name);

/// The composites known by name.
///
/// - `az_nas`: log sum of expressivity, progressivity, trainability, macs;
/// - `vkdnw_agg`: log sum of vkdnw, expressivity, trainability, macs,
///   jacob_cov (CVPR 2025);
/// - `te_nas`: sum of ntk_condition and linear_regions (ICLR 2021);
/// - `vote`: sum of synflow, jacob_cov, snip. Zero-cost-nas lets the three
///   vote on each pair of architectures (ICLR 2021). Majorities on pairs can
///   be circular, so that they order no pool; sums of ranks always do.
std::vector<Composite> named_composites();

/// A known name, or `NAME=log_rank(a,b,...)` or `NAME=rank_sum(a,b,...)`.
/// Throws UserError saying what was expected.
Composite parse_composite(std::string_view text);

/// True when `text` names or defines a composite.
bool is_composite(std::string_view text);

/// The composite's score of each row, NaN where no member has one. `flops` and
/// `jacov` stand in for `macs` and `jacob_cov`. Throws UserError naming the
/// member that is not a column, or has no score at all.
std::vector<double> composite_scores(
    const Composite& composite,
    const tables::Table& scores);

/// Adds a column for each composite, in order, so that a later one may have an
/// earlier one as a member. Throws UserError as above and when a column of
/// that name is there.
void add_composites(
    const std::vector<Composite>& composites,
    tables::Table& scores);

/// Splits a list at the commas outside parentheses.
std::vector<std::string> split_composites(std::string_view list);

}  // namespace zcp::study
