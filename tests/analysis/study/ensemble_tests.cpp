#include <algorithm>
#include <functional>

#include "analysis/statistics/correlation.h"
#include "analysis/statistics/ranks.h"
#include "analysis/study/ensemble.h"
#include "common/error.h"
#include "common/random.h"
#include "tests/support/vectors.h"

using namespace zcp::statistics;
using namespace zcp::study;
using namespace zcp::test;
using Rows = std::vector<std::size_t>;

namespace {

/// A truth and proxies that share some of it, with ties and missing scores.
JoinedMetric sample(std::size_t rows, std::size_t proxies, double strength) {
  std::vector<float> noise((proxies + 1) * rows);
  zcp::fill_normal(noise, 1.0F, 77);
  JoinedMetric joined;
  joined.metric = "acc";
  joined.truth.assign(noise.begin(), noise.begin() + std::ptrdiff_t(rows));
  for (std::size_t p = 0; p < proxies; ++p) {
    Vector scores(rows);
    for (std::size_t i = 0; i < rows; ++i) {
      const double share = strength * static_cast<double>(p + 1);
      const double score =
          share * joined.truth[i] + double(noise[(p + 1) * rows + i]);
      scores[i] = p == 1 ? std::round(2 * score) : score;
      if (p == 2 && i % 9 == 4) scores[i] = number(nullptr);
    }
    joined.scores.push_back(scores);
    joined.proxies.push_back("p" + std::to_string(p));
  }
  for (std::size_t i = 0; i < rows; ++i) joined.rows.push_back({i, i});
  joined.reported = proxies;
  return joined;
}

/// Mean rank or mean log rank, written out.
Vector votes(
    const JoinedMetric& joined,
    const std::vector<std::string>& members,
    RankRule rule,
    const Rows& rows) {
  Vector sums(rows.size());
  for (std::size_t p = 0; p < joined.reported; ++p) {
    if (std::ranges::find(members, joined.proxies[p]) == members.end()) {
      continue;
    }
    const Vector ranks = average_ranks(joined.scores[p]);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const double rank = ranks[rows[i]];
      sums[i] += rule == RankRule::sum
                     ? rank
                     : std::log(rank / static_cast<double>(ranks.size()));
    }
  }
  return sums;
}

double tau_of(
    const JoinedMetric& joined,
    const std::vector<std::string>& members,
    RankRule rule,
    const Rows& rows) {
  return kendall_tau_b(
      votes(joined, members, rule, rows), elements_at(joined.truth, rows));
}

/// The greatest tau of any ensemble of at most `most` members.
double
best_tau(const JoinedMetric& joined, std::size_t most, const Rows& rows) {
  double best = -1;
  for (unsigned set = 1; set < (1U << joined.reported); ++set) {
    std::vector<std::string> members;
    for (std::size_t p = 0; p < joined.reported; ++p) {
      if ((set >> p & 1U) != 0) members.push_back(joined.proxies[p]);
    }
    if (members.size() > most) continue;
    for (const RankRule rule : {RankRule::sum, RankRule::log_sum}) {
      best = std::max(best, tau_of(joined, members, rule, rows));
    }
  }
  return best;
}

Rows without(const Rows& fold, std::size_t rows) {
  Rows out;
  for (std::size_t i = 0; i < rows; ++i) {
    if (!std::ranges::binary_search(fold, i)) out.push_back(i);
  }
  return out;
}

}  // namespace

TEST_CASE("ensembles: folds part the rows") {
  EnsembleOptions options;
  const auto folds = ensemble_folds(103, options);
  REQUIRE(folds.size() == 5);
  Rows all;
  for (const Rows& fold : folds) {
    CHECK(fold.size() >= 20);
    CHECK(fold.size() <= 21);
    all.insert(all.end(), fold.begin(), fold.end());
  }
  std::sort(all.begin(), all.end());
  CHECK(all == all_rows(103).rows);
  options.seed = 1;
  CHECK(ensemble_folds(103, options) != folds);
}

TEST_CASE("ensembles: the choice is the best of all on the training folds") {
  const JoinedMetric joined = sample(180, 6, 0.1);
  EnsembleOptions options;
  options.draws = 0;
  const EnsembleResult result = choose_ensemble(joined, options);
  const auto folds = ensemble_folds(180, options);
  REQUIRE(result.methods.size() == 4);
  CHECK(result.n == 180);
  for (std::size_t fold = 0; fold < folds.size(); ++fold) {
    const Rows training = without(folds[fold], 180);
    CHECK(agree(
        result.methods[0].chosen[fold].tau, best_tau(joined, 1, training)));
    CHECK(agree(
        result.methods[1].chosen[fold].tau, best_tau(joined, 3, training)));
    for (const EnsembleMethod& method : result.methods) {
      const Ensemble& chosen = method.chosen[fold];
      CHECK(agree(
          chosen.tau, tau_of(joined, chosen.members, chosen.rule, training)));
      CHECK(agree(
          method.fold_tau[fold],
          tau_of(joined, chosen.members, chosen.rule, folds[fold])));
    }
  }
  for (const EnsembleMethod& method : result.methods) {
    double mean = 0;
    for (const double tau : method.fold_tau) mean += tau / 5;
    CHECK(agree(method.tau, mean));
    CHECK(agree(method.minus_single, mean - result.methods[0].tau));
    CHECK(std::isnan(method.interval.low));
  }
  CHECK(result.methods[0].chosen[0].members.size() == 1);
  CHECK(result.methods[1].overall.members.size() <= 3);
  CHECK(result.methods[2].overall.members.size() == 6);
  CHECK(result.methods[3].overall.rule == RankRule::log_sum);
}

TEST_CASE("ensembles: what is chosen does not look at its fold") {
  const JoinedMetric joined = sample(100, 5, 0.1);
  EnsembleOptions options;
  options.draws = 0;
  const auto folds = ensemble_folds(100, options);
  const EnsembleResult before = choose_ensemble(joined, options);
  JoinedMetric other = joined;
  for (const std::size_t row : folds[2]) other.truth[row] *= -1;
  const EnsembleResult after = choose_ensemble(other, options);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(
        before.methods[i].chosen[2].members ==
        after.methods[i].chosen[2].members);
    CHECK(agree(before.methods[i].fold_tau[2], -after.methods[i].fold_tau[2]));
  }
}

TEST_CASE("ensembles: noise looks good where chosen and not on the folds") {
  const JoinedMetric noise = sample(200, 25, 0.0);
  EnsembleOptions options;
  options.draws = 200;
  const EnsembleResult result = choose_ensemble(noise, options);
  const EnsembleMethod& best = result.methods[1];
  CHECK(best.overall.tau > 0.1);
  CHECK(best.tau < 0.06);
  CHECK(best.interval.low < 0);
  CHECK(best.interval.high > best.tau);
}

TEST_CASE("ensembles: many weak proxies beat one, with an interval") {
  const JoinedMetric joined = sample(400, 8, 0.1);
  EnsembleOptions options;
  options.draws = 300;
  options.most = 4;
  const EnsembleResult result = choose_ensemble(joined, options);
  const EnsembleMethod& single = result.methods[0];
  const EnsembleMethod& best = result.methods[1];
  CHECK(best.minus_single > 0);
  CHECK(best.minus_single_interval.low > 0);
  CHECK(best.interval.low < best.tau);
  CHECK(best.interval.high > best.tau);
  CHECK(single.minus_single_interval.low == 0);
  CHECK(single.minus_single_interval.high == 0);
  const EnsembleResult again = choose_ensemble(joined, options);
  CHECK(again.methods[1].interval.low == best.interval.low);
}

TEST_CASE("ensembles: too few rows, or nothing to choose from") {
  const EnsembleOptions options;
  CHECK_THROWS_AS(choose_ensemble(sample(49, 3, 1), options), zcp::UserError);
  JoinedMetric flat = sample(50, 1, 1);
  flat.scores[0].assign(50, 2.0);
  CHECK_THROWS_AS(choose_ensemble(flat, options), zcp::UserError);
  JoinedMetric half = sample(50, 2, 1);
  half.scores[0].assign(50, 2.0);
  const EnsembleResult result = choose_ensemble(half, options);
  CHECK(result.methods[0].overall.members[0] == "p1");
}
