// A recurrent policy that moves through a space of points.
#pragma once

#include <Eigen/Dense>
#include <cstdint>
#include <span>
#include <vector>

namespace zcp::search {

/// What happened in an episode, a place a step.
struct Episode {
  std::vector<Eigen::VectorXd> states;
  std::vector<Eigen::VectorXd> actions;
  std::vector<double> advantages;  ///< rewards less their baseline
};

/// An LSTM cell (its gates in PyTorch's order: input, forget, cell, output) and
/// a linear layer, which give the mean of the action in a state; actions are
/// normal with variance 1. Learns by REINFORCE (Williams 1992) with Adam.
class LstmPolicy {
 public:
  /// With weights as PyTorch draws them, in +-1 / sqrt(hidden).
  LstmPolicy(
      Eigen::Index width,
      Eigen::Index hidden,
      double rate,
      std::uint64_t seed);

  /// The mean of the action; the cell remembers the state until learn().
  Eigen::VectorXd mean_action(const Eigen::VectorXd& state);

  /// The mean over the steps of -log p(action) * advantage, and its gradient
  /// by the weights, of an episode from its first step on.
  double loss(const Episode& episode, Eigen::VectorXd& gradient) const;

  /// A step of Adam; the next state begins an episode.
  void learn(const Episode& episode);

  /// All of them, one after another.
  Eigen::VectorXd& weights() { return weights_; }

 private:
  struct Parts;   // of a vector of weights
  struct Memory;  // of a step
  Memory step(
      const Eigen::VectorXd& state,
      const Eigen::VectorXd& h,
      const Eigen::VectorXd& c) const;

  Eigen::Index width_;
  Eigen::Index hidden_;
  double rate_;
  Eigen::VectorXd weights_;
  Eigen::VectorXd means_;    // of gradients, by Adam
  Eigen::VectorXd squares_;  // likewise
  int steps_ = 0;            // of Adam
  Eigen::VectorXd h_;
  Eigen::VectorXd c_;
};

}  // namespace zcp::search
