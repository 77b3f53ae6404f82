#include "analysis/search/policy.h"

#include <cmath>
#include <numbers>

#include "common/random.h"

namespace zcp::search {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Matrices and vectors within a vector of weights.
struct LstmPolicy::Parts {
  Eigen::Map<MatrixXd> input;  ///< [gate and number][of the state]
  Eigen::Map<MatrixXd> recurrent;
  Eigen::Map<VectorXd> input_bias;
  Eigen::Map<VectorXd> recurrent_bias;
  Eigen::Map<MatrixXd> output;
  Eigen::Map<VectorXd> output_bias;

  static Index size(Index width, Index hidden) {
    return 4 * hidden * (width + hidden + 2) + width * (hidden + 1);
  }

  static Parts of(double* at, Index width, Index hidden) {
    const Index gates = 4 * hidden;
    double* const input = at;
    double* const recurrent = input + gates * width;
    double* const input_bias = recurrent + gates * hidden;
    double* const recurrent_bias = input_bias + gates;
    double* const output = recurrent_bias + gates;
    double* const output_bias = output + width * hidden;
    return {
        {input, gates, width},
        {recurrent, gates, hidden},
        {input_bias, gates},
        {recurrent_bias, gates},
        {output, width, hidden},
        {output_bias, width}};
  }
};

/// What a step computed, as the way back needs it.
struct LstmPolicy::Memory {
  VectorXd in;
  VectorXd forget;
  VectorXd cell;
  VectorXd out;
  VectorXd c;
  VectorXd h;
  VectorXd action;  ///< its mean
};

LstmPolicy::LstmPolicy(
    Index width,
    Index hidden,
    double rate,
    std::uint64_t seed)
    : width_(width),
      hidden_(hidden),
      rate_(rate),
      weights_(Parts::size(width, hidden)),
      means_(VectorXd::Zero(weights_.size())),
      squares_(VectorXd::Zero(weights_.size())),
      h_(VectorXd::Zero(hidden)),
      c_(VectorXd::Zero(hidden)) {
  const float bound = 1 / std::sqrt(static_cast<float>(hidden));
  std::vector<float> drawn(static_cast<std::size_t>(weights_.size()));
  fill_uniform(drawn, -bound, bound, derive_seed(seed, "policy"));
  for (Index i = 0; i < weights_.size(); ++i) {
    weights_[i] = drawn[static_cast<std::size_t>(i)];
  }
}

LstmPolicy::Memory LstmPolicy::step(
    const VectorXd& state,
    const VectorXd& h,
    const VectorXd& c) const {
  // Only read.
  const Parts parts = Parts::of(
      const_cast<double*>(weights_.data()), width_, hidden_);  // NOLINT
  const VectorXd gates = parts.input * state + parts.input_bias +
                         parts.recurrent * h + parts.recurrent_bias;
  const auto sigmoid = [&](Index gate) -> VectorXd {
    return (1 + (-gates.segment(gate * hidden_, hidden_).array()).exp())
        .inverse();
  };
  Memory memory;
  memory.in = sigmoid(0);
  memory.forget = sigmoid(1);
  memory.cell = gates.segment(2 * hidden_, hidden_).array().tanh();
  memory.out = sigmoid(3);
  memory.c =
      memory.forget.cwiseProduct(c) + memory.in.cwiseProduct(memory.cell);
  memory.h = memory.out.array() * memory.c.array().tanh();
  memory.action = parts.output * memory.h + parts.output_bias;
  return memory;
}

VectorXd LstmPolicy::mean_action(const VectorXd& state) {
  Memory memory = step(state, h_, c_);
  h_ = std::move(memory.h);
  c_ = std::move(memory.c);
  return memory.action;
}

double LstmPolicy::loss(const Episode& episode, VectorXd& gradient) const {
  const std::size_t steps = episode.states.size();
  const VectorXd none = VectorXd::Zero(hidden_);
  std::vector<Memory> memories;
  for (std::size_t t = 0; t < steps; ++t) {
    memories.push_back(step(
        episode.states[t],
        t == 0 ? none : memories[t - 1].h,
        t == 0 ? none : memories[t - 1].c));
  }
  gradient = VectorXd::Zero(weights_.size());
  VectorXd weights = weights_;
  const Parts own = Parts::of(weights.data(), width_, hidden_);
  Parts back = Parts::of(gradient.data(), width_, hidden_);
  VectorXd to_h = none;  // gradients by what the next step got
  VectorXd to_c = none;
  double sum = 0;
  for (std::size_t t = steps; t-- > 0;) {
    const Memory& memory = memories[t];
    const double share = episode.advantages[t] / static_cast<double>(steps);
    const VectorXd off = episode.actions[t] - memory.action;
    const double constant =
        static_cast<double>(width_) * std::log(2 * std::numbers::pi);
    sum += share * 0.5 * (off.squaredNorm() + constant);
    const VectorXd by_action = -share * off;
    back.output += by_action * memory.h.transpose();
    back.output_bias += by_action;
    const VectorXd by_h = own.output.transpose() * by_action + to_h;
    const Eigen::ArrayXd bent = memory.c.array().tanh();
    const Eigen::ArrayXd by_c =
        by_h.array() * memory.out.array() * (1 - bent.square()) + to_c.array();
    const VectorXd& before = t == 0 ? none : memories[t - 1].c;
    const auto slope = [](const VectorXd& gate) -> Eigen::ArrayXd {
      return gate.array() * (1 - gate.array());
    };
    VectorXd by_gates(4 * hidden_);
    by_gates << (by_c * memory.cell.array() * slope(memory.in)).matrix(),
        (by_c * before.array() * slope(memory.forget)).matrix(),
        (by_c * memory.in.array() * (1 - memory.cell.array().square()))
            .matrix(),
        (by_h.array() * bent * slope(memory.out)).matrix();
    back.input += by_gates * episode.states[t].transpose();
    back.input_bias += by_gates;
    back.recurrent_bias += by_gates;
    if (t > 0) back.recurrent += by_gates * memories[t - 1].h.transpose();
    to_h = own.recurrent.transpose() * by_gates;
    to_c = (by_c * memory.forget.array()).matrix();
  }
  return sum;
}

void LstmPolicy::learn(const Episode& episode) {
  constexpr double kBeta1 = 0.9;
  constexpr double kBeta2 = 0.999;
  constexpr double kEpsilon = 1e-8;
  h_.setZero();
  c_.setZero();
  if (episode.states.empty()) return;
  VectorXd gradient;
  loss(episode, gradient);
  ++steps_;
  means_ = kBeta1 * means_ + (1 - kBeta1) * gradient;
  squares_ = kBeta2 * squares_ + (1 - kBeta2) * gradient.cwiseAbs2();
  const double first = 1 - std::pow(kBeta1, steps_);
  const double second = 1 - std::pow(kBeta2, steps_);
  weights_.array() -= rate_ / first * means_.array() /
                      ((squares_.array() / second).sqrt() + kEpsilon);
}

}  // namespace zcp::search
