#include "analysis/study/cost_trade_off.h"

#include <algorithm>
#include <cmath>

#include "analysis/statistics/bootstrap.h"
#include "analysis/statistics/columns.h"
#include "analysis/statistics/metrics.h"
#include "analysis/statistics/pareto.h"
#include "common/error.h"
#include "common/parallel.h"

namespace zcp::study {
namespace {

/// Truth, cost and scores of the rows that have a cost.
struct Costed {
  JoinedMetric joined;
  Column costs;
};

Costed with_cost(
    const JoinedMetric& joined,
    const std::string& name,
    std::span<const double> costs) {
  Subset known{"", {}};
  Costed out;
  for (std::size_t row = 0; row < costs.size(); ++row) {
    if (std::isnan(costs[row])) continue;
    known.rows.push_back(row);
    out.costs.push_back(costs[row]);
  }
  if (known.rows.empty()) {
    throw UserError(
        "no architecture with {} has a cost {}", joined.metric, name);
  }
  out.joined = rows_of(joined, known);
  return out;
}

Column default_limits(const Column& costs) {
  Column sorted = costs;
  std::sort(sorted.begin(), sorted.end());
  Column limits;
  for (const double share : {0.25, 0.5, 0.75, 1.0}) {
    limits.push_back(statistics::quantile(sorted, share));
  }
  return limits;
}

LimitLoss loss_within(
    double limit,
    const Column& scores,
    const Column& truth,
    const Column& costs) {
  Column chosen;
  Column within;
  for (std::size_t row = 0; row < costs.size(); ++row) {
    if (costs[row] > limit) continue;
    chosen.push_back(scores[row]);
    within.push_back(truth[row]);
  }
  if (within.empty()) {
    throw UserError(
        "--limit {}: no architecture costs so little, the least cost is {}",
        limit,
        *std::min_element(costs.begin(), costs.end()));
  }
  LimitLoss loss;
  loss.limit = limit;
  loss.n = within.size();
  loss.best = *std::max_element(within.begin(), within.end());
  const bool enough = loss.n >= statistics::kLeastRows;
  loss.lost = enough ? statistics::regret_at(chosen, within, 1) : std::nan("");
  return loss;
}

/// The truth. Rows of the front that are equal in value and cost have their
/// mean truth, since whoever chooses by the value cannot tell them apart.
Column expected_truth(
    const Column& truth,
    const std::vector<std::size_t>& front,
    const Column& value,
    const Column& cost) {
  Column out = truth;
  std::size_t first = 0;
  for (std::size_t i = 1; i <= front.size(); ++i) {
    if (i < front.size() && value[front[i]] == value[front[first]] &&
        cost[front[i]] == cost[front[first]]) {
      continue;
    }
    double sum = 0;
    for (std::size_t j = first; j < i; ++j) sum += truth[front[j]];
    for (std::size_t j = first; j < i; ++j) {
      out[front[j]] = sum / static_cast<double>(i - first);
    }
    first = i;
  }
  return out;
}

CostTradeOff trade_off(
    const Costed& costed,
    std::size_t proxy,
    const std::vector<std::size_t>& best,
    std::span<const double> limits) {
  const Column& scores = costed.joined.scores[proxy];
  const Column& truth = costed.joined.truth;
  const Column& costs = costed.costs;
  CostTradeOff out;
  out.proxy = costed.joined.proxies[proxy];
  out.metric = costed.joined.metric;
  out.n = truth.size();
  for (const double score : scores) out.missing += std::isnan(score) ? 1 : 0;
  const std::vector<std::size_t> chosen =
      statistics::pareto_front(scores, costs, statistics::Twins::all);
  out.true_front = best.size();
  out.chosen_front = chosen.size();
  std::vector<bool> on_front(truth.size());
  for (const std::size_t row : best) on_front[row] = true;
  for (const std::size_t row : chosen) out.shared += on_front[row] ? 1 : 0;
  const double least = *std::min_element(truth.begin(), truth.end());
  const double most = *std::max_element(costs.begin(), costs.end());
  const Column expected = expected_truth(truth, chosen, scores, costs);
  out.hypervolume_ratio =
      statistics::hypervolume(expected, costs, chosen, least, most) /
      statistics::hypervolume(truth, costs, best, least, most);
  for (const double limit : limits) {
    out.limits.push_back(loss_within(limit, scores, truth, costs));
  }
  return out;
}

}  // namespace

std::vector<CostTradeOff> cost_trade_off(
    const JoinedMetric& joined,
    const std::string& name,
    std::span<const double> costs,
    std::span<const double> limits) {
  const Costed costed = with_cost(joined, name, costs);
  const std::vector<std::size_t> best = statistics::pareto_front(
      costed.joined.truth, costed.costs, statistics::Twins::all);
  const Column wanted = limits.empty() ? default_limits(costed.costs)
                                       : Column(limits.begin(), limits.end());
  std::vector<CostTradeOff> rows(joined.reported);
  parallel_for(joined.reported, [&](std::size_t proxy) {
    rows[proxy] = trade_off(costed, proxy, best, wanted);
    rows[proxy].cost = name;
  });
  return rows;
}

}  // namespace zcp::study
