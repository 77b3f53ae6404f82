#include "analysis/study/rank_sums.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "analysis/statistics/ranks.h"
#include "common/random.h"

namespace zcp::study {

Column Ballots::sum(
    RankRule rule,
    const Members& members,
    std::span<const std::size_t> rows) const {
  Column sums(rows.size(), 0.0);
  for (const std::size_t member : members) {
    const Column& ballot = of(rule, member);
    for (std::size_t i = 0; i < rows.size(); ++i) sums[i] += ballot[rows[i]];
  }
  return sums;
}

void add_ballot(const Column& scores, Ballots& ballots) {
  Column ranks = statistics::average_ranks(scores);
  Column logs = ranks;
  for (double& value : logs) {
    value = std::log(value / static_cast<double>(logs.size()));
  }
  ballots.ranks.push_back(std::move(ranks));
  ballots.logs.push_back(std::move(logs));
}

std::vector<Members> one_more(
    std::span<const Members> from,
    std::size_t proxies) {
  std::set<Members> seen;
  std::vector<Members> out;
  for (const Members& fewer : from) {
    for (std::size_t proxy = 0; proxy < proxies; ++proxy) {
      Members members = fewer;
      const auto at = std::ranges::lower_bound(members, proxy);
      if (at != members.end() && *at == proxy) continue;
      members.insert(at, proxy);
      if (seen.insert(members).second) out.push_back(std::move(members));
    }
  }
  return out;
}

std::vector<std::size_t> sample_rows(
    const std::vector<std::size_t>& rows,
    std::size_t count,
    std::uint64_t seed) {
  if (rows.size() <= count) return rows;
  std::vector<std::size_t> out;
  for (const std::int64_t at : sample_without_replacement(
           static_cast<std::int64_t>(rows.size()),
           static_cast<std::int64_t>(count),
           seed)) {
    out.push_back(rows[static_cast<std::size_t>(at)]);
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace zcp::study
