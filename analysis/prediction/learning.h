// How well models do with few labels, on architectures whose labels they did
// not see, and what they say of architectures without any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "analysis/prediction/design.h"
#include "analysis/prediction/model.h"
#include "analysis/statistics/bootstrap.h"

namespace zcp::prediction {

/// A proxy as it is, to compare with.
struct SingleProxy {
  std::string name;
  std::vector<double> scores;  ///< [row of the design]; NaN: missing, the last
};

/// What is known of a pool.
struct Pool {
  const Design* design = nullptr;
  std::vector<std::size_t> rows;  ///< those with a label
  std::vector<double> labels;     ///< [of these], higher is better
  std::vector<SingleProxy> proxies;
  std::string baseline;  ///< one of the proxies, or empty
};

/// Which labels a model gets: drawn, or the first that choose_labels() names.
enum class LabelChoice { random, spread };

struct LearningOptions {
  std::vector<std::size_t> labels;  ///< numbers of them
  std::vector<std::string> models;  ///< of models()
  std::size_t repeats = 10;         ///< draws of the labels
  std::uint64_t seed = 0;
  LabelChoice choice = LabelChoice::random;
  std::size_t bootstrap = 1000;  ///< for the interval of a single repeat
};

/// A mean over repeats, with Student's interval of it (95 %).
struct Estimate {
  double value = 0;
  statistics::Interval interval{};
};

/// A model with so many labels. All correlations are over the labelled
/// architectures that the model was not given.
struct LearningRow {
  std::size_t labels = 0;
  std::size_t held = 0;
  std::string model;
  /// Draws of the labels that it is the mean of; 1 where all draws were the
  /// same, and the intervals are then those of the architectures held out.
  std::size_t repeats = 0;
  Estimate tau;
  double rho = 0;
  /// The proxy that had the greatest tau on the model's labels, in the repeats
  /// most often; `-NAME` where less of it was better. Its tau is the mean over
  /// the repeats of each one's own choice.
  std::string best_proxy;
  double best_proxy_tau = 0;
  Estimate minus_best_proxy;
  double baseline_tau = 0;  ///< NaN without a baseline
  Estimate minus_baseline;
  std::string setting;                 ///< of the first repeat
  std::vector<Importance> importance;  ///< of the first repeat
};

/// By number of labels, then by model as asked for. Repeat r has the same
/// labels for every model, and more labels begin with those of fewer. Runs on
/// all cores; `done` is told of each fit. Throws UserError where fewer than ten
/// labelled architectures would be held out.
std::vector<LearningRow> learning_curve(
    const Pool& pool,
    const LearningOptions& options,
    const std::function<void()>& done = {});

/// The labels of one repeat, as places in pool.rows.
std::vector<std::size_t> chosen_labels(
    const Pool& pool,
    std::size_t count,
    std::size_t repeat,
    const LearningOptions& options);

/// A prediction in the metric's own unit, and an interval that holds the label
/// with 95 % as far as the errors of five-fold cross-validation tell.
struct PredictedLabel {
  double value;
  statistics::Interval interval;
};

/// What `model`, fitted to `labels` of the design's `rows`, says of
/// `unlabelled` rows. Beyond the labels it was given, values are extrapolated
/// along the outer tenth of them. Throws UserError for fewer than ten labels.
std::vector<PredictedLabel> predict_labels(
    const Design& design,
    std::span<const std::size_t> rows,
    std::span<const double> labels,
    const std::string& model,
    std::span<const std::size_t> unlabelled,
    std::uint64_t seed);

/// A mean with Student's interval; without one for fewer than two values.
Estimate mean_estimate(std::span<const double> values);

}  // namespace zcp::prediction
