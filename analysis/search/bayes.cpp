// Bayesian optimisation: a Gaussian process on the space's encodings and the
// expected improvement over the best (Jones et al. 1998,
// https://doi.org/10.1023/A:1008306431147), among architectures that are within
// the budget. 16 random ones come first, as arch2vec begins.
//
// The process learns places (normal_scores.h) of at most 256 architectures, the
// best half of them and the latest half, so that a step stays short however
// long a search runs. Candidates are 500 random architectures and 500 mutations
// of the five best ones, none evaluated before.
#include <algorithm>
#include <cmath>
#include <set>

#include "analysis/search/algorithm.h"
#include "analysis/search/gaussian_process.h"
#include "analysis/search/normal_scores.h"

namespace zcp::search {
namespace {

constexpr std::size_t kBayesStarts = 16;
constexpr std::size_t kLearnt = 256;
constexpr std::size_t kCandidates = 500;  // of either kind
constexpr std::size_t kParents = 5;

class Bayes final : public Algorithm {
 public:
  Bayes(const Problem& problem, const Settings& settings)
      : problem_(problem),
        batch_(settings.batch),
        starts_(settings.population > 0 ? settings.population : kBayesStarts),
        draws_(settings.seed, "bayes") {}

  std::vector<std::string> propose(const History& history) override {
    if (told_ < starts_) return draw_starts(history);
    const auto rows = learnt_rows(history);
    const auto candidates = draw_candidates(history);
    if (candidates.empty()) return {};
    if (rows.empty()) return {candidates[0]};
    const Eigen::MatrixXd points = codes_of_rows(history, rows);
    const std::vector<double> y = normal_scores(history, rows);
    const Eigen::Map<const Eigen::VectorXd> values(
        y.data(), static_cast<Eigen::Index>(y.size()));
    // Parameters settle; every quarter more they are looked for again.
    if (rows.size() >= fitted_ + std::max<std::size_t>(1, fitted_ / 4) ||
        told_ >= 2 * fit_at_) {
      parameters_ = GaussianProcess::fit(points, values);
      fitted_ = rows.size();
      fit_at_ = told_;
    }
    const GaussianProcess process(points, values, parameters_);
    const double best = process.predict(points).mean.maxCoeff();
    std::vector<std::string> batch;
    for (const Eigen::Index i :
         process.choose(codes_of(candidates), best, batch_)) {
      batch.push_back(candidates[static_cast<std::size_t>(i)]);
    }
    return batch;
  }

  void tell(const History&, std::span<const std::size_t> records) override {
    told_ += records.size();
  }

 private:
  std::vector<std::string> draw_starts(const History& history) {
    std::vector<std::string> batch;
    std::set<std::string> seen;
    const std::size_t count = std::min(batch_, starts_ - told_);
    for (std::size_t i = 0; i < 100 * count && batch.size() < count; ++i) {
      auto arch = draw_new(problem_, history, draws_);
      if (!arch) break;
      if (seen.insert(*arch).second) batch.push_back(std::move(*arch));
    }
    return batch;
  }

  /// By descending fitness.
  static std::vector<std::size_t> best_rows(const History& history) {
    std::vector<std::size_t> rows = known_rows(history);
    std::ranges::stable_sort(rows, [&](std::size_t a, std::size_t b) {
      return history.value(a) > history.value(b);
    });
    return rows;
  }

  static std::vector<std::size_t> learnt_rows(const History& history) {
    const std::vector<std::size_t> known = known_rows(history);
    if (known.size() <= kLearnt) return known;
    std::vector<std::size_t> rows = best_rows(history);
    rows.resize(kLearnt / 2);
    for (std::size_t i = known.size(); i > 0 && rows.size() < kLearnt; --i) {
      const std::size_t row = known[i - 1];
      if (std::ranges::find(rows, row) == rows.end()) rows.push_back(row);
    }
    std::ranges::sort(rows);
    return rows;
  }

  std::vector<std::string> draw_candidates(const History& history) {
    std::vector<std::string> candidates;
    std::set<std::string> seen;
    const auto add = [&](std::optional<std::string> arch) {
      if (!arch || history.find(*arch) || !seen.insert(*arch).second) return;
      candidates.push_back(std::move(*arch));
    };
    for (std::size_t i = 0; i < kCandidates; ++i) {
      auto arch = draw_feasible(problem_, draws_);
      if (!arch) break;
      add(std::move(arch));
    }
    const std::vector<std::size_t> best = best_rows(history);
    const std::size_t parents = std::min(kParents, best.size());
    for (std::size_t i = 0; i < kCandidates && parents > 0; ++i) {
      std::string arch = history.arch(best[i % parents]);
      // One edit, sometimes two or three.
      for (std::size_t edits = 1 + draws_.below(3); edits > 0; --edits) {
        arch = problem_.space.mutate(arch, draws_.seed());
      }
      if (problem_.feasible(arch)) add(std::move(arch));
    }
    return candidates;
  }

  Eigen::MatrixXd codes_of(const std::vector<std::string>& archs) const {
    std::vector<double> first = problem_.space.encode(archs[0]);
    const auto height = static_cast<Eigen::Index>(first.size());
    Eigen::MatrixXd codes(height, static_cast<Eigen::Index>(archs.size()));
    for (std::size_t i = 0; i < archs.size(); ++i) {
      const std::vector<double> code = problem_.space.encode(archs[i]);
      codes.col(static_cast<Eigen::Index>(i)) =
          Eigen::Map<const Eigen::VectorXd>(code.data(), height);
    }
    return codes;
  }

  Eigen::MatrixXd codes_of_rows(
      const History& history,
      const std::vector<std::size_t>& rows) const {
    std::vector<std::string> archs;
    for (const std::size_t row : rows) archs.push_back(history.arch(row));
    return codes_of(archs);
  }

  const Problem problem_;
  const std::size_t batch_;
  const std::size_t starts_;
  Draws draws_;
  std::size_t told_ = 0;
  std::size_t fitted_ = 0;  // how many rows the parameters were fitted to
  std::size_t fit_at_ = 0;  // after how many evaluations
  GaussianProcess::Parameters parameters_;
};

}  // namespace

std::unique_ptr<Algorithm> make_bayes(
    const Problem& problem,
    const Settings& settings) {
  return std::make_unique<Bayes>(problem, settings);
}

}  // namespace zcp::search
