#include "analysis/study/ceiling.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string_view>

#include "analysis/statistics/correlation.h"
#include "analysis/study/join.h"
#include "analysis/study/subset.h"
#include "common/missing.h"

namespace zcp::study {
namespace {

/// "acc_seed12" -> "acc"; empty for any other name.
std::string_view stem_of_seed(std::string_view name) {
  constexpr std::string_view kMark = "_seed";
  const std::size_t at = name.rfind(kMark);
  if (at == std::string_view::npos) return {};
  const std::string_view number = name.substr(at + kMark.size());
  if (number.empty() ||
      number.find_first_not_of("0123456789") != std::string_view::npos) {
    return {};
  }
  return name.substr(0, at);
}

std::string_view stem_of_metric(std::string_view metric) {
  constexpr std::string_view kMean = "_mean";
  const std::string_view stem = stem_of_seed(metric);
  if (!stem.empty()) return stem;
  if (metric.ends_with(kMean)) metric.remove_suffix(kMean.size());
  return metric;
}

/// The rows that every run has a value for.
std::vector<Column> complete_rows(std::span<const Column> runs) {
  std::vector<Column> out(runs.size());
  for (std::size_t row = 0; row < runs.front().size(); ++row) {
    const bool complete =
        std::none_of(runs.begin(), runs.end(), [&](const Column& run) {
          return std::isnan(run.at(row));
        });
    if (!complete) continue;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      out[i].push_back(runs[i][row]);
    }
  }
  return out;
}

/// Adds `values` / `count` to `sums`.
void add_share(Column& sums, const Column& values, double count) {
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += values[i] / count;
}

void add_intervals(
    const std::vector<Column>& runs,
    std::size_t draws,
    std::uint64_t seed,
    Ceiling& ceiling) {
  std::vector<statistics::ResampledPair> pairs;
  for (std::size_t a = 0; a < runs.size(); ++a) {
    for (std::size_t b = a + 1; b < runs.size(); ++b) {
      pairs.emplace_back(runs[a], runs[b], statistics::Missing::last);
    }
  }
  const auto replicates =
      statistics::bootstrap(pairs, runs.front().size(), draws, seed);
  Column tau(draws);
  Column rho(draws);
  for (const statistics::Replicates& each : replicates) {
    add_share(tau, each.tau, static_cast<double>(pairs.size()));
    add_share(rho, each.rho, static_cast<double>(pairs.size()));
  }
  ceiling.tau_interval =
      statistics::percentile_interval(tau, statistics::kConfidence);
  ceiling.rho_interval =
      statistics::percentile_interval(rho, statistics::kConfidence);
}

/// The mean of all runs but one, for each row.
Column mean_without(const std::vector<Column>& runs, std::size_t left_out) {
  Column mean(runs.front().size());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (i == left_out) continue;
    add_share(mean, runs[i], static_cast<double>(runs.size() - 1));
  }
  return mean;
}

void require_equal_lengths(std::span<const Column> runs) {
  for (const Column& run : runs) {
    if (run.size() != runs.front().size()) {
      throw std::invalid_argument("columns of different lengths");
    }
  }
}

}  // namespace

std::vector<std::string> seed_columns(
    std::span<const std::string> columns,
    const std::string& metric) {
  const std::string_view stem = stem_of_metric(metric);
  std::vector<std::string> found;
  for (const std::string& column : columns) {
    if (!stem.empty() && stem_of_seed(column) == stem) found.push_back(column);
  }
  if (found.size() < 2) found.clear();
  return found;
}

Ceiling noise_ceiling(
    std::span<const std::vector<double>> runs,
    std::size_t draws,
    std::uint64_t seed) {
  Ceiling ceiling;
  ceiling.tau = kNan;
  ceiling.rho = kNan;
  ceiling.tau_interval = {kNan, kNan};
  ceiling.rho_interval = {kNan, kNan};
  ceiling.run_tau = kNan;
  ceiling.run_rho = kNan;
  require_equal_lengths(runs);
  if (runs.size() < 2) return ceiling;
  const std::vector<Column> complete = complete_rows(runs);
  ceiling.n = complete.front().size();
  if (ceiling.n < 2) return ceiling;
  double pairs = 0;
  ceiling.tau = 0;
  ceiling.rho = 0;
  for (std::size_t a = 0; a < complete.size(); ++a) {
    for (std::size_t b = a + 1; b < complete.size(); ++b) {
      ceiling.tau += statistics::kendall_tau_b(complete[a], complete[b]);
      ceiling.rho += statistics::spearman_rho(complete[a], complete[b]);
      pairs += 1;
    }
  }
  ceiling.tau /= pairs;
  ceiling.rho /= pairs;
  const bool enough = ceiling.n >= statistics::kLeastRows;
  if (draws != 0 && enough) add_intervals(complete, draws, seed, ceiling);
  return ceiling;
}

void add_run_as_proxy(
    std::span<const std::vector<double>> runs,
    std::optional<double> share,
    Ceiling& ceiling) {
  require_equal_lengths(runs);
  if (runs.size() < 2) return;
  const std::vector<Column> complete = complete_rows(runs);
  const auto count = static_cast<double>(complete.size());
  ceiling.run_tau = 0;
  ceiling.run_rho = 0;
  for (std::size_t i = 0; i < complete.size(); ++i) {
    const Column others = mean_without(complete, i);
    const std::vector<std::size_t> rows =
        share ? top_rows(others, *share).rows : all_rows(others.size()).rows;
    if (share && rows.size() < statistics::kLeastRows) {
      ceiling.run_tau = kNan;
      ceiling.run_rho = kNan;
      return;
    }
    const Column run = elements_at(complete[i], rows);
    const Column truth = elements_at(others, rows);
    ceiling.run_tau += statistics::kendall_tau_b(run, truth) / count;
    ceiling.run_rho += statistics::spearman_rho(run, truth) / count;
  }
}

}  // namespace zcp::study
