// Progressive search with a learned policy, after EPNAS (Zhou et al., BMVC
// 2019, https://arxiv.org/abs/1907.04648), whose code was not released. This is
// a minimal version: architectures are fixed one choice after another, those
// that are still open being drawn uniformly, and what is fixed is drawn from
// softmax(score / temperature) of a predictor that learns from everything
// evaluated so far. EPNAS's policy is a network trained by REINFORCE.
//
// The predictor is a ridge regression on the options, so that the score of a
// prefix is a sum over its choices and drawing a prefix is drawing each of its
// choices from its own softmax. Every level gets the same share of the
// evaluations; at the last one nothing is open.
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <set>

#include "analysis/search/algorithm.h"
#include "analysis/search/normal_scores.h"

namespace zcp::search {
namespace {

constexpr double kRidge = 1;
constexpr double kTemperature = 0.25;  // in standard deviations of the scores
constexpr int kProgressiveAttempts = 200;

class Progressive final : public Algorithm {
 public:
  Progressive(const Problem& problem, const Settings& settings)
      : problem_(problem),
        batch_(settings.batch),
        evaluations_(std::max<std::size_t>(1, settings.evaluations)),
        choices_(problem.space.choices()),
        draws_(settings.seed, "progressive") {
    for (const int size : choices_) {
      weights_.emplace_back(static_cast<std::size_t>(size), 0.0);
    }
  }

  std::vector<std::string> propose(const History& history) override {
    learn(history);
    std::vector<std::string> batch;
    std::set<std::string> seen;
    while (batch.size() < batch_) {
      auto arch = new_one(history, seen);
      if (!arch) break;
      seen.insert(*arch);
      batch.push_back(std::move(*arch));
    }
    return batch;
  }

  void tell(const History&, std::span<const std::size_t>) override {}

 private:
  /// How many choices follow the policy: none at first, all in the last share
  /// of the evaluations.
  std::size_t fixed(std::size_t evaluated) const {
    const std::size_t levels = choices_.size() + 1;
    return std::min(choices_.size(), evaluated * levels / evaluations_);
  }

  std::optional<std::string> new_one(
      const History& history,
      const std::set<std::string>& seen) {
    const std::size_t level = fixed(history.size());
    double temperature = kTemperature;
    for (int i = 0; i < kProgressiveAttempts; ++i) {
      std::string arch = problem_.space.spec_of(draw(level, temperature));
      const bool is_new = !seen.contains(arch) && !history.find(arch);
      if (is_new && problem_.feasible(arch)) return arch;
      temperature *= 1.02;  // what the policy likes best is known by now
    }
    auto arch = draw_new(problem_, history, draws_);
    if (arch && (seen.contains(*arch) || history.find(*arch))) arch.reset();
    return arch;
  }

  std::vector<int> draw(std::size_t level, double temperature) {
    std::vector<int> options;
    for (std::size_t i = 0; i < choices_.size(); ++i) {
      const auto size = static_cast<std::size_t>(choices_[i]);
      std::vector<double> chances(size, 1.0);
      if (i < level) {
        const double most = *std::ranges::max_element(weights_[i]);
        for (std::size_t o = 0; o < size; ++o) {
          chances[o] = std::exp((weights_[i][o] - most) / temperature);
        }
      }
      options.push_back(static_cast<int>(draws_.weighted(chances)));
    }
    return options;
  }

  /// Fits the weight of each option to what is known.
  void learn(const History& history) {
    const auto rows = known_rows(history);
    if (rows.size() < 2) return;
    const auto width = static_cast<Eigen::Index>(
        problem_.space.encode(history.arch(rows[0])).size());
    while (codes_.size() < history.size()) {
      codes_.push_back(problem_.space.encode(history.arch(codes_.size())));
    }
    const std::vector<double> y = normal_scores(history, rows);
    Eigen::MatrixXd products = kRidge * Eigen::MatrixXd::Identity(width, width);
    Eigen::VectorXd sums = Eigen::VectorXd::Zero(width);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const Eigen::Map<const Eigen::VectorXd> code(
          codes_[rows[i]].data(), width);
      products.selfadjointView<Eigen::Lower>().rankUpdate(code);
      sums += y[i] * code;
    }
    const Eigen::VectorXd weights =
        products.selfadjointView<Eigen::Lower>().llt().solve(sums);
    Eigen::Index at = 0;
    for (auto& own : weights_) {
      for (double& weight : own) weight = weights[at++];
    }
  }

  const Problem problem_;
  const std::size_t batch_;
  const std::size_t evaluations_;
  const std::vector<int> choices_;
  Draws draws_;
  std::vector<std::vector<double>> weights_;  // [choice][option]
  std::vector<std::vector<double>> codes_;    // by record
};

}  // namespace

std::unique_ptr<Algorithm> make_progressive(
    const Problem& problem,
    const Settings& settings) {
  return std::make_unique<Progressive>(problem, settings);
}

}  // namespace zcp::search
