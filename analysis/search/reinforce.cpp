// arch2vec's search by reinforcement learning (Yan et al., NeurIPS 2020;
// AIoT-MLSys-Lab/arch2vec: search_methods/reinforce_search_NB201_8x8.py): an
// LSTM of 128 numbers sees the point of an architecture and gives the mean of
// the next one; a normal vector about it is drawn, and the nearest architecture
// that was not visited follows. After 16 steps the policy learns by Adam with a
// rate of 0.01, and forgets what it saw. As in the authors' code the search
// among neighbours begins with the second nearest one, and rewards are not
// discounted.
//
// Their reward is the accuracy less 0.4. Objectives here have any unit, so it
// is the place among all that was evaluated, as a normal score, whose mean is
// 0. Their points are as the autoencoder gives them; here the mean variance of
// a number is 1, as that of the actions is.
//
// Points are those of a table (latent::EncodedSpace) or, in a numbered space
// that is not large, the space's own encodings.
#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <queue>

#include "analysis/latent/encoded_space.h"
#include "analysis/search/algorithm.h"
#include "analysis/search/normal_scores.h"
#include "analysis/search/policy.h"
#include "common/error.h"
#include "common/random.h"

namespace zcp::search {
namespace {

using Eigen::VectorXd;

constexpr std::size_t kSteps = 16;
constexpr Eigen::Index kHidden = 128;
constexpr double kRate = 0.01;
constexpr std::int64_t kMostNumbered = 50'000;

std::unique_ptr<latent::EncodedSpace> own_points(const spaces::Space& space) {
  std::vector<std::string> specs;
  for (std::int64_t i = 0; i < space.info().size; ++i) {
    specs.push_back(space.spec(i));
  }
  Eigen::MatrixXd points;
  for (std::size_t row = 0; row < specs.size(); ++row) {
    const std::vector<double> code = space.encode(specs[row]);
    if (row == 0) points.resize(std::ssize(code), std::ssize(specs));
    points.col(static_cast<Eigen::Index>(row)) =
        VectorXd::Map(code.data(), points.rows());
  }
  return std::make_unique<latent::EncodedSpace>(
      space, std::move(specs), std::move(points));
}

class Reinforce final : public Algorithm {
 public:
  Reinforce(
      const Problem& problem,
      const Settings& settings,
      const latent::EncodedSpace& points,
      std::unique_ptr<latent::EncodedSpace> kept)
      : problem_(problem),
        kept_(std::move(kept)),
        points_(points),
        scale_(std::sqrt(static_cast<double>(points.points().rows()))),
        visited_(points.size(), false),
        draws_(settings.seed, "reinforce"),
        policy_(points.points().rows(), kHidden, kRate, settings.seed) {}

  /// An episode: where it goes does not depend on its rewards.
  std::vector<std::string> propose(const History&) override {
    if (!state_) state_ = begin();
    episode_ = {};
    std::vector<std::string> batch;
    while (state_ && batch.size() < kSteps) {
      const VectorXd state = point(*state_);
      VectorXd action = policy_.mean_action(state);
      std::vector<float> noise(static_cast<std::size_t>(action.size()));
      fill_normal(noise, 1, draws_.seed());
      for (Eigen::Index i = 0; i < action.size(); ++i) {
        action[i] += noise[static_cast<std::size_t>(i)];
      }
      const auto next = nearest(action);
      if (!next) break;
      episode_.states.push_back(state);
      episode_.actions.push_back(std::move(action));
      visited_[*next] = true;
      state_ = next;
      batch.push_back(points_.spec_of_row(*next));
    }
    return batch;
  }

  void tell(const History& history, std::span<const std::size_t> records)
      override {
    const auto known = known_rows(history);
    const std::vector<double> scores = normal_scores(history, known);
    const double worst = scores.empty() ? 0 : std::ranges::min(scores);
    for (const std::size_t record : records) {
      const auto found = std::ranges::lower_bound(known, record);
      const bool has = found != known.end() && *found == record;
      episode_.advantages.push_back(
          has ? scores[static_cast<std::size_t>(found - known.begin())]
              : worst);
    }
    episode_.states.resize(records.size());
    episode_.actions.resize(records.size());
    policy_.learn(episode_);
  }

 private:
  VectorXd point(std::size_t row) const {
    return scale_ * points_.points().col(static_cast<Eigen::Index>(row));
  }

  /// The first state, which is not evaluated.
  std::optional<std::size_t> begin() {
    const auto arch = draw_feasible(problem_, draws_);
    if (!arch) return std::nullopt;
    const auto row = points_.row_of(*arch);
    if (row) visited_[*row] = true;
    return row;
  }

  /// The nearest row that was not visited and may be evaluated, the very
  /// nearest one of all left out unless it is the last.
  std::optional<std::size_t> nearest(const VectorXd& action) {
    const VectorXd distances = (points_.points().colwise() - action / scale_)
                                   .colwise()
                                   .squaredNorm()
                                   .transpose();
    using Entry = std::pair<double, std::size_t>;
    std::vector<Entry> entries;
    for (std::size_t row = 0; row < points_.size(); ++row) {
      entries.emplace_back(distances[static_cast<Eigen::Index>(row)], row);
    }
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue(
        std::greater<>{}, std::move(entries));
    const std::size_t first = queue.top().second;
    for (queue.pop(); !queue.empty(); queue.pop()) {
      if (may_go(queue.top().second)) return queue.top().second;
    }
    if (may_go(first)) return first;
    return std::nullopt;
  }

  bool may_go(std::size_t row) {
    return !visited_[row] && problem_.feasible(points_.spec_of_row(row));
  }

  const Problem problem_;
  const std::unique_ptr<latent::EncodedSpace> kept_;
  const latent::EncodedSpace& points_;
  const double scale_;
  std::vector<bool> visited_;
  Draws draws_;
  LstmPolicy policy_;
  std::optional<std::size_t> state_;
  Episode episode_;
};

}  // namespace

std::unique_ptr<Algorithm> make_reinforce(
    const Problem& problem,
    const Settings& settings) {
  const auto* table = dynamic_cast<const latent::EncodedSpace*>(&problem.space);
  if (table != nullptr) {
    return std::make_unique<Reinforce>(problem, settings, *table, nullptr);
  }
  const spaces::SpaceInfo& info = problem.space.info();
  if (info.size < 2 || info.size > kMostNumbered) {
    throw UserError(
        "--algorithm reinforce: moves among points that are all known; "
        "expected --encodings, since {} has {}",
        info.name,
        info.size == 0   ? "no numbered members"
        : info.size == 1 ? "one member alone"
                         : "more than " + std::to_string(kMostNumbered));
  }
  auto points = own_points(problem.space);
  const latent::EncodedSpace& own = *points;
  return std::make_unique<Reinforce>(problem, settings, own, std::move(points));
}

}  // namespace zcp::search
