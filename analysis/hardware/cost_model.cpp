#include "analysis/hardware/cost_model.h"

#include <Eigen/Dense>
#include <cmath>
#include <limits>

#include "analysis/statistics/columns.h"
#include "common/error.h"
#include "common/random.h"

namespace zcp::hardware {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// The terms of some rows and, last, a constant.
MatrixXd terms_of(const TermSet& set, std::span<const std::size_t> rows) {
  MatrixXd x(
      static_cast<Index>(rows.size()),
      static_cast<Index>(set.terms.size()) + 1);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = static_cast<Index>(i);
    for (std::size_t t = 0; t < set.terms.size(); ++t) {
      x(row, static_cast<Index>(t)) = set.terms[t].values[rows[i]];
    }
    x(row, x.cols() - 1) = 1;
  }
  return x;
}

VectorXd costs_of(
    std::span<const double> cost,
    std::span<const std::size_t> rows) {
  VectorXd y(static_cast<Index>(rows.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    y[static_cast<Index>(i)] = cost[rows[i]];
  }
  return y;
}

/// Least squares with a penalty on the squares of the terms behind the free
/// ones, as rows of their own.
VectorXd fit(
    const TermSet& set,
    std::span<const double> cost,
    std::span<const std::size_t> rows) {
  const auto n = static_cast<Index>(rows.size());
  const auto held = static_cast<Index>(set.terms.size() - set.free);
  const auto free = static_cast<Index>(set.free);
  MatrixXd x =
      MatrixXd::Zero(n + held, static_cast<Index>(set.terms.size()) + 1);
  VectorXd y = VectorXd::Zero(n + held);
  x.topRows(n) = terms_of(set, rows);
  y.head(n) = costs_of(cost, rows);
  constexpr double kPenalty = 1;
  for (Index t = 0; t < held; ++t) x(n + t, free + t) = std::sqrt(kPenalty);
  Eigen::CompleteOrthogonalDecomposition<MatrixXd> solver;
  solver.setThreshold(1e-9);
  solver.compute(x);
  return solver.solve(y);
}

/// A free term an operation, and what it differs by at each place.
TermSet placed(
    std::string name,
    std::vector<encodings::Feature> counts,
    std::vector<encodings::Feature> places) {
  TermSet set{std::move(name), std::move(counts), 0};
  set.free = set.terms.size();
  for (encodings::Feature& place : places) {
    set.terms.push_back(std::move(place));
  }
  return set;
}

TermSet all_free(std::string name, std::vector<encodings::Feature> counts) {
  TermSet set{std::move(name), std::move(counts), 0};
  set.free = set.terms.size();
  return set;
}

double held_out_error(
    const TermSet& set,
    std::span<const double> cost,
    std::span<const std::size_t> rows,
    std::uint64_t seed) {
  constexpr std::size_t kFolds = 5;
  const auto order = sample_without_replacement(
      std::ssize(rows), std::ssize(rows), derive_seed(seed, "folds"));
  double error = 0;
  for (std::size_t fold = 0; fold < kFolds; ++fold) {
    std::vector<std::size_t> given;
    std::vector<std::size_t> held;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::size_t row = rows[static_cast<std::size_t>(order[i])];
      (i % kFolds == fold ? held : given).push_back(row);
    }
    const VectorXd weights = fit(set, cost, given);
    error += (terms_of(set, held) * weights - costs_of(cost, held)).lpNorm<1>();
  }
  return error;
}

}  // namespace

std::vector<TermSet> term_sets(
    const encodings::GraphPool& pool,
    const std::vector<std::string>& names) {
  encodings::GraphPool read = pool;
  for (auto& graphs : read) {
    for (encodings::CellGraph& graph : graphs) {
      const std::vector<bool> kept = encodings::read_nodes(graph);
      for (std::size_t v = 0; v < kept.size(); ++v) {
        if (!kept[v]) graph.ops[v] = "none";
      }
    }
  }
  const auto counts = encodings::operation_counts(pool, names);
  const auto read_counts = encodings::operation_counts(read, names);
  return {
      all_free("operations", counts),
      all_free("read operations", read_counts),
      placed(
          "placed operations",
          counts,
          encodings::adjacency_encoding(pool, names)),
      placed(
          "placed read operations",
          read_counts,
          encodings::adjacency_encoding(read, names))};
}

CostModel fit_cost_model(
    const std::vector<TermSet>& sets,
    std::span<const double> cost,
    std::span<const std::size_t> measured,
    std::uint64_t seed) {
  if (measured.size() < statistics::kLeastRows) {
    throw UserError(
        "{} measured architectures: expected {} or more",
        measured.size(),
        statistics::kLeastRows);
  }
  const VectorXd y = costs_of(cost, measured);
  const double spread = (y.array() - y.mean()).abs().sum();
  const TermSet* best = nullptr;
  double least = std::numeric_limits<double>::infinity();
  for (const TermSet& set : sets) {
    if (set.terms.empty()) continue;
    const double error = held_out_error(set, cost, measured, seed);
    // Where two are exact, rounding must not prefer the larger one.
    if (best != nullptr && error >= least - 1e-9 * spread) continue;
    least = error;
    best = &set;
  }
  if (best == nullptr) {
    throw UserError("no operations differ: there is nothing to fit a cost to");
  }
  const VectorXd weights = fit(*best, cost, measured);
  CostModel model;
  model.terms = best->name;
  for (std::size_t t = 0; t < best->terms.size(); ++t) {
    model.names.push_back(best->terms[t].name);
    model.coefficients.push_back(weights[static_cast<Index>(t)]);
  }
  model.constant = weights[weights.size() - 1];
  std::vector<std::size_t> all(cost.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  const VectorXd predicted = terms_of(*best, all) * weights;
  model.predicted.assign(predicted.data(), predicted.data() + predicted.size());
  return model;
}

}  // namespace zcp::hardware
