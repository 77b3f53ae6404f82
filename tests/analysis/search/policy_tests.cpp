#include <doctest/doctest.h>

#include <cmath>
#include <numbers>

#include "analysis/search/policy.h"

using namespace zcp::search;
using Eigen::VectorXd;

namespace {

Episode three_steps() {
  Episode episode;
  for (int t = 0; t < 3; ++t) {
    VectorXd state(2);
    VectorXd action(2);
    state << 0.5 - t, 1.5 * t;
    action << 0.2 * t, 1 - t;
    episode.states.push_back(state);
    episode.actions.push_back(action);
    episode.advantages.push_back(t == 1 ? -0.7 : 1.1 + t);
  }
  return episode;
}

}  // namespace

TEST_CASE("policy: without weights its loss is a sum by hand") {
  LstmPolicy policy(2, 3, 0.01, 1);
  policy.weights().setZero();
  VectorXd state(2);
  state << 4, -3;
  CHECK(policy.mean_action(state) == VectorXd::Zero(2));
  const Episode episode = three_steps();
  // -log p = (|action|^2 + 2 log 2 pi) / 2.
  double expected = 0;
  for (std::size_t t = 0; t < 3; ++t) {
    expected +=
        episode.advantages[t] / 3 *
        (episode.actions[t].squaredNorm() / 2 + std::log(2 * std::numbers::pi));
  }
  VectorXd gradient;
  CHECK(policy.loss(episode, gradient) == doctest::Approx(expected));
}

TEST_CASE("policy: the gradient is the quotient of small differences") {
  LstmPolicy policy(2, 3, 0.01, 5);
  const Episode episode = three_steps();
  VectorXd gradient;
  policy.loss(episode, gradient);
  REQUIRE(gradient.size() == policy.weights().size());
  REQUIRE(gradient.size() == 4 * 3 * (2 + 3 + 2) + 2 * 4);
  constexpr double kStep = 1e-6;
  VectorXd ignored;
  for (Eigen::Index i = 0; i < gradient.size(); ++i) {
    CAPTURE(i);
    const double own = policy.weights()[i];
    policy.weights()[i] = own + kStep;
    const double above = policy.loss(episode, ignored);
    policy.weights()[i] = own - kStep;
    const double below = policy.loss(episode, ignored);
    policy.weights()[i] = own;
    CHECK(std::abs((above - below) / (2 * kStep) - gradient[i]) < 1e-8);
  }
}

TEST_CASE("policy: learns to act as was rewarded, and starts afresh") {
  LstmPolicy policy(2, 8, 0.01, 2);
  Episode episode = three_steps();
  episode.advantages = {1, 1, 1};
  VectorXd ignored;
  const double before = policy.loss(episode, ignored);
  for (int i = 0; i < 400; ++i) policy.learn(episode);
  CHECK(policy.loss(episode, ignored) < before);
  for (std::size_t t = 0; t < 3; ++t) {
    const VectorXd off =
        policy.mean_action(episode.states[t]) - episode.actions[t];
    CHECK(off.norm() < 0.1);
  }
  LstmPolicy again(2, 8, 0.01, 2);
  LstmPolicy other(2, 8, 0.01, 3);
  CHECK(again.weights() != other.weights());
}
