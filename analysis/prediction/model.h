// Models that are fitted to few labels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "analysis/prediction/design.h"

namespace zcp::prediction {

/// What a model says of some rows, in normal scores of the labels it was fitted
/// to (0 is the median label).
struct Predicted {
  std::vector<double> mean;
  /// Of the same scale up to one factor for all rows; 1 throughout where a
  /// model knows no uncertainty. Intervals are calibrated on labels.
  std::vector<double> deviation;
};

/// A number that says how much a model uses a column or a block; they sum to 1.
struct Importance {
  std::string name;
  double share;
};

/// A model as fitted. Refers to the design, which must outlive it.
class Fitted {
 public:
  virtual ~Fitted() = default;
  virtual Predicted predict(std::span<const std::size_t> rows) const = 0;
  /// The most used first.
  virtual std::vector<Importance> importance() const = 0;
  /// The hyper-parameters that were chosen, such as "lambda 10".
  virtual std::string setting() const = 0;
};

/// Fits to `labels` (normal scores) of `rows`; hyper-parameters are chosen by
/// these alone. Thread-safe; the same for the same seed.
using Fit = std::unique_ptr<Fitted> (*)(
    const Design& design,
    std::span<const std::size_t> rows,
    std::span<const double> labels,
    std::uint64_t seed);

/// Linear in all columns, each block of the same weight a priori; the penalty
/// by the exact leave-one-out error.
std::unique_ptr<Fitted> fit_ridge(
    const Design& design,
    std::span<const std::size_t> rows,
    std::span<const double> labels,
    std::uint64_t seed);

/// A Gaussian process whose kernel is a sum of Gaussian kernels of three widths
/// on each block; their weights and the noise by the greatest marginal
/// likelihood with a log-normal prior (Rasmussen and Williams 2006, 5.4.1), of
/// at most 512 labels.
std::unique_ptr<Fitted> fit_gaussian_process(
    const Design& design,
    std::span<const std::size_t> rows,
    std::span<const double> labels,
    std::uint64_t seed);

/// A random forest (XGBoost): 300 trees, the share of columns a split sees by
/// five-fold cross-validation.
std::unique_ptr<Fitted> fit_forest(
    const Design& design,
    std::span<const std::size_t> rows,
    std::span<const double> labels,
    std::uint64_t seed);

/// Gradient boosting of trees (XGBoost): depth and number of rounds by
/// five-fold cross-validation.
std::unique_ptr<Fitted> fit_boosting(
    const Design& design,
    std::span<const std::size_t> rows,
    std::span<const double> labels,
    std::uint64_t seed);

/// The mean of the four, each as fitted alone.
std::unique_ptr<Fitted> fit_blend(
    const Design& design,
    std::span<const std::size_t> rows,
    std::span<const double> labels,
    std::uint64_t seed);

struct ModelInfo {
  std::string name;
  Fit fit;
};

/// ridge, gp, forest, boosting, blend.
const std::vector<ModelInfo>& models();

/// Throws UserError naming those there are.
const ModelInfo& find_model(const std::string& name);

/// Descending by share, scaled to the sum 1; shares of 0 left out.
std::vector<Importance> sorted_importance(
    const std::vector<std::string>& names,
    std::span<const double> weights);

}  // namespace zcp::prediction
