#include "analysis/study/travelling.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include "analysis/statistics/columns.h"
#include "analysis/statistics/correlation.h"
#include "analysis/statistics/ranks.h"
#include "analysis/study/rank_sums.h"
#include "common/error.h"
#include "common/missing.h"
#include "common/parallel.h"
#include "common/random.h"

namespace zcp::study {
namespace {

constexpr std::size_t kTravellingBeam = 24;
constexpr std::size_t kTravellingSample = 2000;
constexpr std::array kTravellingRules{RankRule::log_sum, RankRule::sum};

using Key = std::pair<RankRule, Members>;
using Units = std::vector<std::size_t>;  ///< what is left out, by number

/// The ballots of the candidates in a task, and the rows that choose: those
/// with a truth, or as many of them as are enough.
struct Voters {
  Ballots ballots;
  std::vector<std::size_t> rows;
  Column truth;  ///< of these
};

Voters voters_of(
    const TravelTask& task,
    const std::vector<std::string>& candidates,
    std::uint64_t seed) {
  Voters voters;
  for (const std::string& name : candidates) {
    add_ballot(
        task.scores.values[*find_column(task.scores, name)], voters.ballots);
  }
  std::vector<std::size_t> places(task.rows.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  for (const std::size_t place : sample_rows(places, kTravellingSample, seed)) {
    voters.rows.push_back(task.rows[place]);
    voters.truth.push_back(task.truth[place]);
  }
  return voters;
}

/// Tau on every task is computed once for each candidate.
class TravellingChooser {
 public:
  TravellingChooser(
      const std::vector<TravelTask>& tasks,
      std::vector<Voters> voters,
      std::size_t candidates,
      const TravelOptions& options)
      : voters_(std::move(voters)),
        candidates_(candidates),
        most_(std::min(options.most, candidates)) {
    std::map<std::string, std::size_t> spaces;
    for (std::size_t task = 0; task < tasks.size(); ++task) {
      const auto [at, is_new] =
          spaces.try_emplace(tasks[task].space, spaces.size());
      space_of_.push_back(at->second);
      const bool whole = options.leave_out == LeaveOut::space;
      unit_of_.push_back(whole ? at->second : task);
    }
    units_ = 1 + std::ranges::max(unit_of_);
    best_single_.assign(tasks.size(), -1.0);
    for (std::size_t proxy = 0; proxy < candidates_; ++proxy) {
      const auto& taus = taus_of({kTravellingRules.front(), Members{proxy}});
      for (std::size_t task = 0; task < tasks.size(); ++task) {
        best_single_[task] = std::max(best_single_[task], taus[task]);
      }
    }
  }

  std::size_t units() const { return units_; }
  std::size_t unit_of(std::size_t task) const { return unit_of_[task]; }

  /// The best sum when these units are left out; of any size and rule that
  /// does best on the others, each of them left out in turn.
  Key nested(const Units& out, std::size_t most) {
    std::vector<Key> choices = best_of_each(out, most);
    std::vector<double> held(
        choices.size(), std::numeric_limits<double>::infinity());
    std::size_t count = 0;
    for (std::size_t unit = 0; unit < units_; ++unit) {
      if (std::ranges::find(out, unit) != out.end()) continue;
      Units inner = out;
      inner.push_back(unit);
      if (inner.size() == units_) break;  // nothing would choose
      const std::vector<Key> tried = best_of_each(inner, most);
      for (std::size_t i = 0; i < tried.size(); ++i) {
        const double found = least_over(
            taus_of(tried[i]),
            [&](std::size_t task) { return unit_of_[task] == unit; });
        held[i] = std::min(held[i], found);
      }
      ++count;
    }
    if (count == 0) {
      for (std::size_t i = 0; i < choices.size(); ++i) {
        held[i] = objective(choices[i], out);
      }
    }
    const auto best = std::ranges::max_element(held) - held.begin();
    return choices[static_cast<std::size_t>(best)];
  }

  std::size_t most() const { return most_; }

  /// The mean of tau over the tasks that stay.
  double mean_tau(const Key& key, const Units& out) {
    const std::vector<double>& taus = taus_of(key);
    std::vector<double> own;
    for (std::size_t task = 0; task < taus.size(); ++task) {
      if (std::ranges::find(out, unit_of_[task]) == out.end()) {
        own.push_back(taus[task]);
      }
    }
    return statistics::mean(own);
  }

  /// least_over() the tasks that stay.
  double objective(const Key& key, const Units& out) {
    return least_over(taus_of(key), [&](std::size_t task) {
      return std::ranges::find(out, unit_of_[task]) == out.end();
    });
  }

 private:
  /// The least over spaces of how far the mean tau over a space's tasks is from
  /// that of the best single proxies there.
  template <typename Counts>
  double least_over(const std::vector<double>& taus, const Counts& counts)
      const {
    std::map<std::size_t, std::vector<double>> of_space;
    for (std::size_t task = 0; task < taus.size(); ++task) {
      if (!counts(task)) continue;
      of_space[space_of_[task]].push_back(taus[task] - best_single_[task]);
    }
    double least = std::numeric_limits<double>::infinity();
    for (const auto& [space, values] : of_space) {
      least = std::min(least, statistics::mean(values));
    }
    return least;
  }

  std::vector<double> compute(const Key& key) const {
    std::vector<double> taus;
    for (const Voters& voters : voters_) {
      const double tau = statistics::kendall_tau_b(
          voters.ballots.sum(key.first, key.second, voters.rows), voters.truth);
      // A sum that is equal everywhere orders nothing.
      taus.push_back(std::isnan(tau) ? 0.0 : tau);
    }
    return taus;
  }

  const std::vector<double>& taus_of(const Key& key) {
    const auto [at, is_new] = known_.try_emplace(key);
    if (is_new) at->second = compute(key);
    return at->second;
  }

  void compute_all(const std::vector<Key>& keys) {
    std::vector<const Key*> unknown;
    for (const Key& key : keys) {
      if (!known_.contains(key)) unknown.push_back(&key);
    }
    std::vector<std::vector<double>> found(unknown.size());
    parallel_for(unknown.size(), [&](std::size_t i) {
      found[i] = compute(*unknown[i]);
    });
    for (std::size_t i = 0; i < unknown.size(); ++i) {
      known_.emplace(*unknown[i], std::move(found[i]));
    }
  }

  std::vector<Key> grown(const std::vector<Key>& from, std::size_t beam) const {
    std::vector<Members> best;
    for (std::size_t i = 0; i < std::min(beam, from.size()); ++i) {
      best.push_back(from[i].second);
    }
    std::vector<Key> keys;
    for (Members& members : one_more(best, candidates_)) {
      keys.emplace_back(from.front().first, std::move(members));
    }
    return keys;
  }

  /// The best of each number of members by each rule, most first by neither.
  std::vector<Key> best_of_each(const Units& out, std::size_t most) {
    std::vector<Key> best;
    for (const RankRule rule : kTravellingRules) {
      std::vector<Key> level;
      for (std::size_t proxy = 0; proxy < candidates_; ++proxy) {
        level.emplace_back(rule, Members{proxy});
      }
      for (std::size_t size = 1; size <= std::min(most, most_); ++size) {
        if (size > 1) {
          level = grown(level, size == 2 ? candidates_ : kTravellingBeam);
        }
        compute_all(level);
        sort_by_objective(level, out);
        // A single proxy ranks alike by both rules.
        if (size > 1 || rule == kTravellingRules.front()) {
          best.push_back(level.front());
        }
      }
    }
    return best;
  }

  void sort_by_objective(std::vector<Key>& keys, const Units& out) {
    std::vector<std::pair<double, Key>> pairs;
    for (Key& key : keys) pairs.emplace_back(-objective(key, out), key);
    std::ranges::sort(pairs);
    for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = pairs[i].second;
  }

  std::vector<Voters> voters_;
  std::size_t candidates_;
  std::size_t most_;
  std::vector<std::size_t> space_of_;
  std::vector<std::size_t> unit_of_;
  std::size_t units_ = 0;
  std::vector<double> best_single_;  // tau of it, by task
  std::map<Key, std::vector<double>> known_;
};

bool varies(const TravelTask& task, const std::string& name) {
  const Column own = elements_at(
      task.scores.values[*find_column(task.scores, name)], task.rows);
  const Column ranks = statistics::average_ranks(own);
  return std::ranges::any_of(
      ranks, [&](double rank) { return rank != ranks.front(); });
}

/// Sorts proxies into those that every task has and the rest.
void find_candidates(const std::vector<TravelTask>& tasks, Travelling& result) {
  std::vector<std::string> names;
  for (const TravelTask& task : tasks) {
    for (const std::string& name : task.proxies) {
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  }
  for (const std::string& name : names) {
    std::string why;
    for (const TravelTask& task : tasks) {
      const bool there =
          std::ranges::find(task.proxies, name) != task.proxies.end();
      if (there && varies(task, name)) continue;
      why = fmt::format(
          "{} ({} {} of {})",
          name,
          there ? "the same for all" : "no score in",
          task.metric,
          task.space);
      break;
    }
    if (why.empty()) {
      result.candidates.push_back(name);
    } else {
      result.left_out.push_back(why);
    }
  }
  if (result.candidates.empty()) {
    throw UserError(
        "--compose: found no proxy that has scores in every table and varies "
        "there ({}); expected tables with proxies in common",
        fmt::join(result.left_out, ", "));
  }
}

void check_tasks(const std::vector<TravelTask>& tasks) {
  for (const TravelTask& task : tasks) {
    if (task.truth.size() >= statistics::kLeastRows) continue;
    throw UserError(
        "--compose: {} of {} has {} architectures with scores, expected {} or "
        "more",
        task.metric,
        task.space,
        task.truth.size(),
        statistics::kLeastRows);
  }
}

Composite composite_of(
    const Key& key,
    const std::vector<std::string>& candidates) {
  Composite composite{"travelling", key.first, {}};
  for (const std::size_t member : key.second) {
    composite.members.push_back(candidates[member]);
  }
  return composite;
}

/// A score of all rows of a task, to be compared there.
struct Contender {
  std::string role;
  std::string proxy;
  std::optional<Column> values;
};

Column ranked(const TravelTask& task, const Column& values) {
  return statistics::ranked_last(elements_at(values, task.rows));
}

Contender single(
    const TravelTask& task,
    const std::string& role,
    const std::string& name) {
  const auto column = find_column(task.scores, name);
  if (!column) return {role, name, {}};
  return {role, name, ranked(task, task.scores.values[*column])};
}

/// Composites whose members the task does not have are there without values.
Contender other_composite(const TravelTask& task, const Composite& composite) {
  for (const std::string& member : composite.members) {
    if (!find_column(task.scores, member) &&
        !find_column(task.scores, other_name(member))) {
      return {"published", composite.name, {}};
    }
  }
  try {
    return {
        "published",
        composite.name,
        ranked(task, composite_scores(composite, task.scores))};
  } catch (const UserError&) {  // no architecture has a score of a member
    return {"published", composite.name, {}};
  }
}

/// The proxy that is best on this very task: what chance helped as well.
std::string best_here(const TravelTask& task) {
  std::string best;
  double greatest = -2;
  for (const std::string& name : task.proxies) {
    const double tau =
        statistics::kendall_tau_b(*single(task, "", name).values, task.truth);
    if (std::isnan(tau) || tau <= greatest) continue;
    greatest = tau;
    best = name;
  }
  return best;
}

std::vector<TravelScore> judge(
    const TravelTask& task,
    const std::vector<Contender>& contenders,
    const TravelOptions& options) {
  std::vector<statistics::ResampledPair> pairs;
  std::vector<std::size_t> pair_of(contenders.size());
  std::vector<TravelScore> scores;
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    TravelScore score{
        contenders[i].role,
        contenders[i].proxy,
        kNan,
        {kNan, kNan},
        kNan,
        {kNan, kNan}};
    pair_of[i] = pairs.size();
    if (contenders[i].values) {
      score.tau = statistics::kendall_tau_b(*contenders[i].values, task.truth);
      score.composite_minus = scores.empty() ? 0 : scores[0].tau - score.tau;
      pairs.emplace_back(
          *contenders[i].values, task.truth, statistics::Missing::last);
    }
    scores.push_back(std::move(score));
  }
  if (options.draws == 0) return scores;
  const auto drawn = statistics::bootstrap(
      pairs,
      task.truth.size(),
      options.draws,
      derive_seed(options.seed, "travelling"));
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (!contenders[i].values) continue;
    const std::vector<double>& own = drawn[pair_of[i]].tau;
    scores[i].interval =
        statistics::percentile_interval(own, statistics::kConfidence);
    scores[i].composite_minus_interval = statistics::percentile_interval(
        statistics::differences(drawn[0].tau, own), statistics::kConfidence);
  }
  return scores;
}

}  // namespace

std::string formula_of(const Composite& composite) {
  if (composite.members.size() == 1) return composite.members.front();
  return fmt::format(
      "{}({})",
      composite.rule == RankRule::sum ? "rank_sum" : "log_rank",
      fmt::join(composite.members, ","));
}

tables::Table scores_for_metric(
    const tables::Table& scores,
    const std::vector<std::string>& proxies,
    const std::string& metric) {
  std::string prefix = metric + "_";
  const auto has_prefix = [&](const std::string& name) {
    return name.starts_with(prefix) && name.size() > prefix.size();
  };
  while (!prefix.empty() && std::ranges::none_of(proxies, has_prefix)) {
    prefix.pop_back();
    const std::size_t at = prefix.rfind('_');
    prefix = at == std::string::npos ? "" : prefix.substr(0, at + 1);
  }
  tables::Table out;
  out.source = scores.source;
  out.arch = scores.arch;
  for (const std::string& name : proxies) {
    if (!name.starts_with(prefix)) continue;
    std::string own = name.substr(prefix.size());
    if (own == "flops" || own == "jacov") own = other_name(own);
    if (find_column(out, own)) continue;  // macs and flops, both there
    out.columns.push_back(std::move(own));
    out.values.push_back(scores.values[require_column(scores, name, "proxy")]);
  }
  return out;
}

Travelling choose_travelling(
    const std::vector<TravelTask>& tasks,
    const TravelOptions& options) {
  check_tasks(tasks);
  Travelling result;
  find_candidates(tasks, result);
  std::vector<Voters> voters;
  for (std::size_t task = 0; task < tasks.size(); ++task) {
    voters.push_back(voters_of(
        tasks[task],
        result.candidates,
        derive_seed(options.seed, "travelling rows", task)));
  }
  TravellingChooser chooser(
      tasks, std::move(voters), result.candidates.size(), options);
  if (chooser.units() < 2) {
    throw UserError(
        "--compose: every table is of the space {}; expected tables of two "
        "spaces or more, or --leave-out metric",
        tasks.front().space);
  }
  std::map<std::size_t, std::pair<Key, Key>> chosen;
  for (std::size_t unit = 0; unit < chooser.units(); ++unit) {
    chosen[unit] = {
        chooser.nested({unit}, options.most), chooser.nested({unit}, 1)};
  }
  for (std::size_t at = 0; at < tasks.size(); ++at) {
    const TravelTask& task = tasks[at];
    const std::size_t unit = chooser.unit_of(at);
    const auto& [sum, one] = chosen[unit];
    TravelResult found;
    found.space = task.space;
    found.metric = task.metric;
    found.n = task.truth.size();
    found.chosen = composite_of(sum, result.candidates);
    found.tau_where_chosen = chooser.mean_tau(sum, {unit});
    const Composite alone = composite_of(one, result.candidates);
    std::vector<Contender> contenders{
        {"composite",
         formula_of(found.chosen),
         ranked(task, composite_scores(found.chosen, task.scores))},
        single(task, "single", alone.members.front()),
        single(task, "best", best_here(task)),
        single(task, "baseline", options.baseline)};
    for (const Composite& composite : options.composites) {
      contenders.push_back(other_composite(task, composite));
    }
    found.scores = judge(task, contenders, options);
    result.results.push_back(std::move(found));
  }
  result.overall =
      composite_of(chooser.nested({}, options.most), result.candidates);
  for (const TravelTask& task : tasks) {
    result.overall_tau.push_back(statistics::kendall_tau_b(
        ranked(task, composite_scores(result.overall, task.scores)),
        task.truth));
  }
  return result;
}

}  // namespace zcp::study
