#include "analysis/study/rank_sums.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <utility>

#include "analysis/statistics/ranks.h"
#include "common/random.h"

namespace zcp::study {

namespace {

/// Twice the average ranks of a row, which are whole numbers.
std::vector<std::uint64_t>
doubled_ranks(const Ballots& ballots, const Members& members, std::size_t row) {
  std::vector<std::uint64_t> doubled;
  for (const std::size_t member : members) {
    doubled.push_back(static_cast<std::uint64_t>(
        std::llround(2 * ballots.ranks[member][row])));
  }
  return doubled;
}

/// Whether two products of whole numbers are equal, without forming them: what
/// the factors share is divided out, and of equal products nothing is left.
bool is_same_product(
    std::vector<std::uint64_t> a,
    std::vector<std::uint64_t> b) {
  for (std::uint64_t& left : a) {
    for (std::uint64_t& right : b) {
      const std::uint64_t shared = std::gcd(left, right);
      left /= shared;
      right /= shared;
    }
  }
  const auto is_one = [](std::uint64_t rest) { return rest == 1; };
  return std::ranges::all_of(a, is_one) && std::ranges::all_of(b, is_one);
}

/// How far sums of logarithms of one product may lie apart by rounding: each
/// logarithm and each addition is off by at most half an epsilon of the sum.
double rounding(const Members& members, double sum) {
  return 8 * static_cast<double>(members.size() + 1) *
         std::numeric_limits<double>::epsilon() * std::max(1.0, std::abs(sum));
}

/// A sum of logarithms, and the ranks it is of.
struct Product {
  std::vector<std::uint64_t> doubled;
  double sum;
};

/// The sums in ascending order, each with its place.
std::vector<std::pair<double, std::size_t>> ascending(const Column& sums) {
  std::vector<std::pair<double, std::size_t>> order;
  order.reserve(sums.size());
  for (std::size_t i = 0; i < sums.size(); ++i) order.emplace_back(sums[i], i);
  std::ranges::sort(order);
  return order;
}

/// Rows whose ranks have the same product are tied, though their sums of
/// logarithms may differ by rounding: they get the least of those.
void tie_equal_products(
    const Ballots& ballots,
    const Members& members,
    std::span<const std::size_t> rows,
    Column& sums) {
  const auto order = ascending(sums);
  const auto is_near = [&](std::size_t at, std::size_t next) {
    return order[next].first - order[at].first <=
           rounding(members, order[next].first);
  };
  std::vector<Product> near;  // of the sums that lie close together
  for (std::size_t at = 0; at < order.size(); ++at) {
    const bool close = at > 0 && is_near(at - 1, at);
    const bool followed = at + 1 < order.size() && is_near(at, at + 1);
    if (!close) near.clear();
    if (!close && !followed) continue;
    const auto [sum, place] = order[at];
    auto doubled = doubled_ranks(ballots, members, rows[place]);
    const auto known = std::ranges::find_if(near, [&](const Product& each) {
      return is_same_product(each.doubled, doubled);
    });
    if (known != near.end()) {
      sums[place] = known->sum;
    } else {
      near.push_back({std::move(doubled), sum});
    }
  }
}

}  // namespace

Column Ballots::sum(
    RankRule rule,
    const Members& members,
    std::span<const std::size_t> rows) const {
  Column sums(rows.size(), 0.0);
  for (const std::size_t member : members) {
    const Column& ballot = of(rule, member);
    for (std::size_t i = 0; i < rows.size(); ++i) sums[i] += ballot[rows[i]];
  }
  if (rule == RankRule::log_sum && members.size() > 1) {
    tie_equal_products(*this, members, rows, sums);
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
