#include "analysis/study/ensemble.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "analysis/statistics/columns.h"
#include "analysis/statistics/correlation.h"
#include "analysis/study/rank_sums.h"
#include "common/error.h"
#include "common/missing.h"
#include "common/parallel.h"
#include "common/random.h"

namespace zcp::study {
namespace {

constexpr std::size_t kBeam = 32;
constexpr std::size_t kFinalists = 16;
constexpr std::size_t kSample = 3000;

using Rows = std::vector<std::size_t>;

/// Members, how they vote, and tau on the rows that were looked at.
struct Candidate {
  Members members;
  RankRule rule;
  double tau;
};

Ballots cast_ballots(const JoinedMetric& joined) {
  Ballots ballots;
  for (std::size_t proxy = 0; proxy < joined.reported; ++proxy) {
    add_ballot(joined.scores[proxy], ballots);
  }
  return ballots;
}

/// Best tau first, fewer members before more, then by their numbers.
bool better(const Candidate& a, const Candidate& b) {
  if (a.tau != b.tau) return a.tau > b.tau;
  if (a.members.size() != b.members.size()) {
    return a.members.size() < b.members.size();
  }
  return a.members < b.members;
}

/// Sets the tau of each candidate on `rows`. Candidates without a tau are
/// removed, the others sorted.
void judge(
    const Ballots& ballots,
    const Column& truth,
    const Rows& rows,
    std::vector<Candidate>& candidates) {
  const Column wanted = elements_at(truth, rows);
  parallel_for(candidates.size(), [&](std::size_t i) {
    Candidate& each = candidates[i];
    each.tau = statistics::kendall_tau_b(
        ballots.sum(each.rule, each.members, rows), wanted);
  });
  std::erase_if(
      candidates, [](const Candidate& each) { return std::isnan(each.tau); });
  std::sort(candidates.begin(), candidates.end(), better);
}

std::vector<Candidate> singles(std::size_t proxies, RankRule rule) {
  std::vector<Candidate> all;
  for (std::size_t proxy = 0; proxy < proxies; ++proxy) {
    all.push_back({{proxy}, rule, kNan});
  }
  return all;
}

/// The best of `from`, all of one rule, with one member more.
std::vector<Candidate> grown(
    const std::vector<Candidate>& from,
    std::size_t beam,
    std::size_t proxies) {
  std::vector<Members> best;
  for (std::size_t i = 0; i < std::min(beam, from.size()); ++i) {
    best.push_back(from[i].members);
  }
  std::vector<Candidate> out;
  for (Members& members : one_more(best, proxies)) {
    out.push_back({std::move(members), from.front().rule, kNan});
  }
  return out;
}

/// The best of at most `most` members by one rule, by tau on `rows`.
std::vector<Candidate> search(
    const Ballots& ballots,
    const Column& truth,
    const Rows& rows,
    RankRule rule,
    std::size_t most) {
  const std::size_t proxies = ballots.ranks.size();
  std::vector<Candidate> level = singles(proxies, rule);
  judge(ballots, truth, rows, level);
  std::vector<Candidate> all = level;
  for (std::size_t size = 2; size <= std::min(most, proxies); ++size) {
    // Pairs grow out of all singles, not of the best alone: every pair is
    // tried.
    level = grown(level, size == 2 ? proxies : kBeam, proxies);
    judge(ballots, truth, rows, level);
    all.insert(all.end(), level.begin(), level.end());
  }
  std::sort(all.begin(), all.end(), better);
  if (all.size() > kFinalists) all.resize(kFinalists);
  return all;
}

/// How an ensemble may be found.
enum class Method { single, small, all_ranks, all_logs };

class Chooser {
 public:
  Chooser(const JoinedMetric& joined, const EnsembleOptions& options)
      : joined_(joined), options_(options), ballots_(cast_ballots(joined)) {}

  const Ballots& ballots() const { return ballots_; }

  /// The ensemble by its tau on `rows`.
  Candidate choose(Method method, const Rows& rows) const {
    std::vector<Candidate> candidates = candidates_for(method, rows);
    judge(ballots_, joined_.truth, rows, candidates);
    if (candidates.empty()) {
      throw UserError("no proxy has a tau with {}", joined_.metric);
    }
    return candidates.front();
  }

  Ensemble named(const Candidate& candidate) const {
    Ensemble ensemble;
    ensemble.rule = candidate.rule;
    ensemble.tau = candidate.tau;
    for (const std::size_t member : candidate.members) {
      ensemble.members.push_back(joined_.proxies[member]);
    }
    return ensemble;
  }

 private:
  std::vector<Candidate> candidates_for(Method method, const Rows& rows) const {
    Members all(joined_.reported);
    std::iota(all.begin(), all.end(), std::size_t{0});
    if (method == Method::all_ranks) return {{all, RankRule::sum, kNan}};
    if (method == Method::all_logs) return {{all, RankRule::log_sum, kNan}};
    if (method == Method::single)
      return singles(joined_.reported, RankRule::sum);
    const Rows some = sample_rows(
        rows, kSample, derive_seed(options_.seed, "ensemble sample"));
    std::vector<Candidate> found;
    for (const RankRule rule : {RankRule::sum, RankRule::log_sum}) {
      const auto best =
          search(ballots_, joined_.truth, some, rule, options_.most);
      found.insert(found.end(), best.begin(), best.end());
    }
    return found;
  }

  const JoinedMetric& joined_;
  const EnsembleOptions& options_;
  Ballots ballots_;
};

Rows all_but(const std::vector<Rows>& folds, std::size_t left_out) {
  Rows rows;
  for (std::size_t i = 0; i < folds.size(); ++i) {
    if (i == left_out) continue;
    rows.insert(rows.end(), folds[i].begin(), folds[i].end());
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

/// The methods' mean taus over the folds, draw by draw.
using Draws = std::vector<Column>;

/// Judges every method's choice on a fold and adds the fold's share to the
/// draws.
void judge_fold(
    const JoinedMetric& joined,
    const Chooser& chooser,
    const std::vector<Candidate>& chosen,
    const Rows& fold,
    std::uint64_t seed,
    std::vector<EnsembleMethod>& methods,
    Draws& draws) {
  const Column truth = elements_at(joined.truth, fold);
  std::vector<statistics::ResampledPair> pairs;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const Column scores =
        chooser.ballots().sum(chosen[i].rule, chosen[i].members, fold);
    methods[i].chosen.push_back(chooser.named(chosen[i]));
    methods[i].fold_tau.push_back(statistics::kendall_tau_b(scores, truth));
    pairs.emplace_back(scores, truth, statistics::Missing::last);
  }
  if (draws.front().empty()) return;
  const auto replicates =
      statistics::bootstrap(pairs, fold.size(), draws.front().size(), seed);
  for (std::size_t i = 0; i < draws.size(); ++i) {
    for (std::size_t draw = 0; draw < draws[i].size(); ++draw) {
      draws[i][draw] += replicates[i].tau[draw];
    }
  }
}

void summarise(Draws& draws, std::vector<EnsembleMethod>& methods) {
  const auto folds = static_cast<double>(methods.front().fold_tau.size());
  for (Column& column : draws) {
    for (double& draw : column) draw /= folds;
  }
  for (std::size_t i = 0; i < methods.size(); ++i) {
    EnsembleMethod& method = methods[i];
    method.tau = statistics::mean(method.fold_tau);
    method.interval =
        statistics::percentile_interval(draws[i], statistics::kConfidence);
    method.minus_single = method.tau - methods.front().tau;
    method.minus_single_interval = statistics::percentile_interval(
        statistics::differences(draws[i], draws.front()),
        statistics::kConfidence);
  }
}

}  // namespace

std::vector<std::vector<std::size_t>> ensemble_folds(
    std::size_t rows,
    const EnsembleOptions& options) {
  const auto order = sample_without_replacement(
      static_cast<std::int64_t>(rows),
      static_cast<std::int64_t>(rows),
      derive_seed(options.seed, "ensemble folds"));
  std::vector<Rows> folds(options.folds);
  for (std::size_t i = 0; i < rows; ++i) {
    folds[i % options.folds].push_back(static_cast<std::size_t>(order[i]));
  }
  for (Rows& fold : folds) std::sort(fold.begin(), fold.end());
  return folds;
}

EnsembleResult choose_ensemble(
    const JoinedMetric& joined,
    const EnsembleOptions& options) {
  const std::size_t rows = joined.truth.size();
  const std::size_t least = statistics::kLeastRows * options.folds;
  if (rows < least) {
    throw UserError(
        "an ensemble by {} folds: {} architectures, expected {} or more",
        options.folds,
        rows,
        least);
  }
  constexpr std::array kMethods{
      Method::single, Method::small, Method::all_ranks, Method::all_logs};
  EnsembleResult result;
  result.metric = joined.metric;
  result.n = rows;
  result.methods.resize(kMethods.size());
  result.methods[0].name = "best single";
  result.methods[1].name = "best of at most " + std::to_string(options.most);
  result.methods[2].name = "all, mean rank";
  result.methods[3].name = "all, mean log rank";
  const Chooser chooser(joined, options);
  const std::vector<Rows> folds = ensemble_folds(rows, options);
  Draws draws(kMethods.size(), Column(options.draws, 0.0));
  for (std::size_t fold = 0; fold < folds.size(); ++fold) {
    const Rows training = all_but(folds, fold);
    std::vector<Candidate> chosen;
    for (const Method method : kMethods) {
      chosen.push_back(chooser.choose(method, training));
    }
    const std::uint64_t seed = derive_seed(options.seed, "ensemble", fold);
    judge_fold(
        joined, chooser, chosen, folds[fold], seed, result.methods, draws);
  }
  summarise(draws, result.methods);
  const Rows everything = all_rows(rows).rows;
  for (std::size_t i = 0; i < kMethods.size(); ++i) {
    result.methods[i].overall =
        chooser.named(chooser.choose(kMethods[i], everything));
  }
  return result;
}

}  // namespace zcp::study
