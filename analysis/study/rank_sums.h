// Sums of ranks that are tried one after another: what ensembles and travelling
// composites are chosen among.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "analysis/study/composite.h"
#include "analysis/study/join.h"

namespace zcp::study {

using Members = std::vector<std::size_t>;  ///< proxies by number, ascending

/// What a row adds to a sum, by rule and proxy: its rank (statistics::
/// average_ranks) among all rows, or the logarithm of rank / n.
struct Ballots {
  std::vector<Column> ranks;
  std::vector<Column> logs;

  const Column& of(RankRule rule, std::size_t proxy) const {
    return rule == RankRule::sum ? ranks[proxy] : logs[proxy];
  }

  /// The sum over members for some of the rows. Of logarithms it is equal where
  /// the products of the ranks are, to the last bit.
  Column sum(
      RankRule rule,
      const Members& members,
      std::span<const std::size_t> rows) const;
};

/// The ballots of one more proxy, with its scores of all rows.
void add_ballot(const Column& scores, Ballots& ballots);

/// Each of `from` with one of the proxies 0 to `proxies` - 1 more, each set
/// once, in the order in which they arise.
std::vector<Members> one_more(
    std::span<const Members> from,
    std::size_t proxies);

/// At most `count` of the rows, drawn by the seed, in ascending order where
/// some are left out.
std::vector<std::size_t> sample_rows(
    const std::vector<std::size_t>& rows,
    std::size_t count,
    std::uint64_t seed);

}  // namespace zcp::study
