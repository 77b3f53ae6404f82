#include "analysis/prediction/learning.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <map>
#include <mutex>
#include <set>

#include "analysis/prediction/choose_labels.h"
#include "analysis/prediction/label_scale.h"
#include "analysis/statistics/columns.h"
#include "analysis/statistics/correlation.h"
#include "common/error.h"
#include "common/missing.h"
#include "common/parallel.h"
#include "common/random.h"

namespace zcp::prediction {
namespace {

std::vector<double> at_places(
    std::span<const double> values,
    std::span<const std::size_t> places) {
  std::vector<double> some;
  some.reserve(places.size());
  for (const std::size_t place : places) some.push_back(values[place]);
  return some;
}

/// A split of the labelled architectures, as rows of the design.
struct Split {
  std::vector<std::size_t> rows;
  std::vector<double> labels;
  std::vector<std::size_t> held;
  std::vector<double> held_labels;
};

Split split_at(const Pool& pool, std::span<const std::size_t> places) {
  Split split;
  std::vector<bool> given(pool.rows.size(), false);
  for (const std::size_t place : places) {
    given[place] = true;
    split.rows.push_back(pool.rows[place]);
    split.labels.push_back(pool.labels[place]);
  }
  for (std::size_t place = 0; place < given.size(); ++place) {
    if (given[place]) continue;
    split.held.push_back(pool.rows[place]);
    split.held_labels.push_back(pool.labels[place]);
  }
  return split;
}

double tau_of(
    const SingleProxy& proxy,
    std::span<const std::size_t> rows,
    std::span<const double> labels) {
  const std::vector<double> scores =
      statistics::ranked_last(at_places(proxy.scores, rows));
  return statistics::kendall_tau_b(scores, labels);
}

/// A proxy, perhaps turned over, and its tau on held-out rows.
struct BestProxy {
  std::string name;
  double tau = kNan;
};

BestProxy best_proxy(const Pool& pool, const Split& split) {
  const SingleProxy* best = nullptr;
  double greatest = -1;
  bool turned = false;
  for (const SingleProxy& proxy : pool.proxies) {
    const double tau = tau_of(proxy, split.rows, split.labels);
    if (std::isnan(tau) || std::abs(tau) <= greatest) continue;
    greatest = std::abs(tau);
    turned = tau < 0;
    best = &proxy;
  }
  if (best == nullptr) return {};
  const double tau = tau_of(*best, split.held, split.held_labels);
  return {turned ? "-" + best->name : best->name, turned ? -tau : tau};
}

/// One model with the labels of one repeat.
struct Outcome {
  double tau = 0;
  double rho = 0;
  BestProxy best;
  double baseline = kNan;
  std::string setting;
  std::vector<Importance> importance;
  std::vector<double> means;  ///< kept for a bootstrap of a single repeat
};

Outcome try_model(
    const Pool& pool,
    const Split& split,
    const ModelInfo& model,
    std::uint64_t seed) {
  const std::vector<double> targets = normal_scores(split.labels);
  const auto fitted = model.fit(*pool.design, split.rows, targets, seed);
  Outcome outcome;
  outcome.means = fitted->predict(split.held).mean;
  outcome.tau = statistics::kendall_tau_b(outcome.means, split.held_labels);
  outcome.rho = statistics::spearman_rho(outcome.means, split.held_labels);
  outcome.setting = fitted->setting();
  outcome.importance = fitted->importance();
  outcome.best = best_proxy(pool, split);
  for (const SingleProxy& proxy : pool.proxies) {
    if (proxy.name != pool.baseline) continue;
    outcome.baseline = tau_of(proxy, split.held, split.held_labels);
  }
  return outcome;
}

std::string most_frequent(const std::vector<Outcome>& outcomes) {
  std::map<std::string, int> counts;
  for (const Outcome& outcome : outcomes) counts[outcome.best.name] += 1;
  return std::ranges::max_element(
             counts, {}, [](const auto& e) { return e.second; })
      ->first;
}

template <typename Number>
std::vector<double> each(
    const std::vector<Outcome>& outcomes,
    const Number& number) {
  std::vector<double> values;
  for (const Outcome& outcome : outcomes) values.push_back(number(outcome));
  return values;
}

/// The interval of a single repeat: of the held-out architectures.
statistics::Interval bootstrap_interval(
    const Split& split,
    const Outcome& outcome,
    const LearningOptions& options) {
  if (options.bootstrap == 0) return {kNan, kNan};
  const statistics::ResampledPair pair(
      outcome.means, split.held_labels, statistics::Missing::last);
  const auto draws = statistics::bootstrap(
      {&pair, 1}, split.held.size(), options.bootstrap, options.seed);
  return statistics::percentile_interval(
      draws.front().tau, statistics::kConfidence);
}

/// Labels that are chosen from one pool are nearly the same in every repeat, so
/// that Student's interval would be narrow whatever was held out. The first
/// repeat's interval around its own tau is taken to the mean, and the wider of
/// both holds on each side.
void widen(
    const statistics::Interval& held_out,
    double first_tau,
    Estimate& tau) {
  if (std::isnan(held_out.low)) return;
  const double low = tau.value - (first_tau - held_out.low);
  const double high = tau.value + (held_out.high - first_tau);
  tau.interval = {
      std::min(tau.interval.low, low), std::max(tau.interval.high, high)};
}

/// Student's interval knows nothing of the bounds of a correlation.
void keep_within(Estimate& estimate, double most) {
  if (std::isnan(estimate.interval.low)) return;
  estimate.interval.low = std::max(estimate.interval.low, -most);
  estimate.interval.high = std::min(estimate.interval.high, most);
}

LearningRow summarise(
    const Pool& pool,
    std::size_t labels,
    const std::string& model,
    std::vector<Outcome>& outcomes) {
  LearningRow row;
  row.labels = labels;
  row.held = pool.rows.size() - labels;
  row.model = model;
  row.tau = mean_estimate(each(outcomes, [](auto& o) { return o.tau; }));
  row.rho = mean_estimate(each(outcomes, [](auto& o) { return o.rho; })).value;
  row.best_proxy = most_frequent(outcomes);
  row.best_proxy_tau =
      mean_estimate(each(outcomes, [](auto& o) { return o.best.tau; })).value;
  row.minus_best_proxy =
      mean_estimate(each(outcomes, [](auto& o) { return o.tau - o.best.tau; }));
  row.baseline_tau =
      mean_estimate(each(outcomes, [](auto& o) { return o.baseline; })).value;
  row.minus_baseline =
      mean_estimate(each(outcomes, [](auto& o) { return o.tau - o.baseline; }));
  row.setting = outcomes.front().setting;
  row.importance = std::move(outcomes.front().importance);
  return row;
}

}  // namespace

Estimate mean_estimate(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  const double mean = statistics::mean(values);
  Estimate estimate{mean, {kNan, kNan}};
  if (values.size() < 2 || !std::isfinite(mean)) return estimate;
  double squares = 0;
  for (const double value : values) squares += std::pow(value - mean, 2);
  const boost::math::students_t student(n - 1);
  const double half =
      boost::math::quantile(student, 0.975) * std::sqrt(squares / (n - 1) / n);
  estimate.interval = {mean - half, mean + half};
  return estimate;
}

std::vector<std::size_t> chosen_labels(
    const Pool& pool,
    std::size_t count,
    std::size_t repeat,
    const LearningOptions& options) {
  const std::uint64_t seed = derive_seed(options.seed, "labels", repeat);
  std::vector<std::size_t> places;
  if (options.choice == LabelChoice::random) {
    for (const std::int64_t place : sample_without_replacement(
             std::ssize(pool.rows), static_cast<std::int64_t>(count), seed)) {
      places.push_back(static_cast<std::size_t>(place));
    }
    return places;
  }
  std::map<std::size_t, std::size_t> place_of;
  for (std::size_t i = 0; i < pool.rows.size(); ++i) place_of[pool.rows[i]] = i;
  for (const std::size_t row :
       choose_labels(*pool.design, pool.rows, {}, count, seed)) {
    places.push_back(place_of.at(row));
  }
  return places;
}

namespace {

/// How many of the repeats there are: one where all have the same labels, as
/// labels that are chosen from a small pool do. Their agreement says nothing.
std::size_t different_repeats(
    const std::vector<std::vector<std::size_t>>& orders,
    std::size_t labels) {
  const auto set_of = [&](const std::vector<std::size_t>& order) {
    return std::set<std::size_t>(
        order.begin(), order.begin() + std::ptrdiff_t(labels));
  };
  const bool same = std::ranges::all_of(orders, [&](const auto& order) {
    return set_of(order) == set_of(orders.front());
  });
  return same ? 1 : orders.size();
}

}  // namespace

std::vector<LearningRow> learning_curve(
    const Pool& pool,
    const LearningOptions& options,
    const std::function<void()>& done) {
  constexpr std::size_t kFewestHeld = statistics::kLeastRows;
  std::vector<LearningRow> rows;
  std::mutex mutex;
  for (const std::size_t labels : options.labels) {
    if (labels + kFewestHeld > pool.rows.size()) {
      throw UserError(
          "--labels {}: {} architectures have a label, and at least {} are "
          "held out to judge by; expected at most {}",
          labels,
          pool.rows.size(),
          kFewestHeld,
          std::max(pool.rows.size(), kFewestHeld) - kFewestHeld);
    }
  }
  // The labels of fewer are the first of those of more.
  std::vector<std::vector<std::size_t>> orders(options.repeats);
  const std::size_t most = std::ranges::max(options.labels);
  parallel_for(options.repeats, [&](std::size_t repeat) {
    orders[repeat] = chosen_labels(pool, most, repeat, options);
  });
  for (const std::size_t labels : options.labels) {
    const std::size_t repeats = different_repeats(orders, labels);
    std::vector<std::vector<Outcome>> outcomes(
        options.models.size(), std::vector<Outcome>(repeats));
    // One task a repeat and model, so that a single repeat uses the cores too.
    std::vector<Split> splits;
    for (const auto& order : std::span(orders).first(repeats)) {
      splits.push_back(split_at(pool, std::span(order).first(labels)));
    }
    const std::size_t tasks = repeats * options.models.size();
    // A repeat that is left out is done.
    const std::size_t left_out =
        (options.repeats - repeats) * options.models.size();
    for (std::size_t i = 0; done && i < left_out; ++i) done();
    parallel_for(tasks, [&](std::size_t task) {
      const std::size_t model = task % options.models.size();
      const std::size_t repeat = task / options.models.size();
      outcomes[model][repeat] = try_model(
          pool,
          splits[repeat],
          find_model(options.models[model]),
          derive_seed(options.seed, "model", repeat));
      if (repeat > 0) outcomes[model][repeat].means.clear();
      const std::scoped_lock lock(mutex);
      if (done) done();
    });
    for (std::size_t m = 0; m < options.models.size(); ++m) {
      LearningRow row = summarise(pool, labels, options.models[m], outcomes[m]);
      const double first_tau = outcomes[m][0].tau;
      if (repeats == 1) {
        row.tau.interval =
            bootstrap_interval(splits[0], outcomes[m][0], options);
      } else if (options.choice == LabelChoice::spread) {
        widen(
            bootstrap_interval(splits[0], outcomes[m][0], options),
            first_tau,
            row.tau);
      }
      keep_within(row.tau, 1);
      keep_within(row.minus_best_proxy, 2);
      keep_within(row.minus_baseline, 2);
      row.repeats = repeats;
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

namespace {

/// The 95 % quantile of errors in units of the model's own deviation, over
/// folds that the model was not given.
double calibrated_width(
    const Design& design,
    std::span<const std::size_t> rows,
    std::span<const double> targets,
    const ModelInfo& model,
    std::uint64_t seed) {
  constexpr std::size_t kFolds = 5;
  const auto order = sample_without_replacement(
      std::ssize(rows), std::ssize(rows), derive_seed(seed, "calibration"));
  std::vector<double> errors(rows.size());
  parallel_for(kFolds, [&](std::size_t fold) {
    std::vector<std::size_t> places;
    std::vector<std::size_t> held;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto place = static_cast<std::size_t>(order[i]);
      (i % kFolds == fold ? held : places).push_back(place);
    }
    std::vector<std::size_t> given;
    for (const std::size_t place : places) given.push_back(rows[place]);
    std::vector<std::size_t> asked;
    for (const std::size_t place : held) asked.push_back(rows[place]);
    const auto fitted =
        model.fit(design, given, at_places(targets, places), seed);
    const Predicted said = fitted->predict(asked);
    for (std::size_t i = 0; i < held.size(); ++i) {
      errors[held[i]] =
          std::abs(said.mean[i] - targets[held[i]]) / said.deviation[i];
    }
  });
  std::ranges::sort(errors);
  // As conformal prediction takes it, so that few labels give wide intervals.
  const double place = std::ceil(0.95 * static_cast<double>(rows.size() + 1));
  const auto at = static_cast<std::size_t>(place) - 1;
  return errors[std::min(at, errors.size() - 1)];
}

}  // namespace

std::vector<PredictedLabel> predict_labels(
    const Design& design,
    std::span<const std::size_t> rows,
    std::span<const double> labels,
    const std::string& model,
    std::span<const std::size_t> unlabelled,
    std::uint64_t seed) {
  if (rows.size() < statistics::kLeastRows) {
    throw UserError(
        "{} labels: expected {} or more to predict from",
        rows.size(),
        statistics::kLeastRows);
  }
  const ModelInfo& info = find_model(model);
  const std::vector<double> targets = normal_scores(labels);
  const double width = calibrated_width(design, rows, targets, info, seed);
  const auto fitted = info.fit(design, rows, targets, seed);
  const Predicted said = fitted->predict(unlabelled);
  const LabelScale scale(labels);
  std::vector<PredictedLabel> list;
  for (std::size_t i = 0; i < unlabelled.size(); ++i) {
    const double half = width * said.deviation[i];
    list.push_back(
        {scale.label(said.mean[i]),
         {scale.label(said.mean[i] - half), scale.label(said.mean[i] + half)}});
  }
  return list;
}

}  // namespace zcp::prediction
