#include "analysis/study/stability.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <tuple>

#include "analysis/statistics/columns.h"
#include "analysis/statistics/correlation.h"
#include "analysis/statistics/metrics.h"
#include "analysis/statistics/ranks.h"
#include "analysis/study/join.h"
#include "common/error.h"
#include "common/missing.h"
#include "common/parallel.h"

namespace zcp::study {
namespace {

constexpr double kBest = 0.1;

/// Where each row of the first run is in another one, by its name in any form.
std::vector<std::optional<std::size_t>> rows_in(
    const tables::Table& run,
    const tables::Table& first) {
  std::vector<std::optional<std::size_t>> rows(first.arch.size());
  for (const MatchedRow& match : join(first, run)) {
    rows[match.score_row] = match.truth_row;
  }
  return rows;
}

/// [architecture][run]: the row of each shared architecture in every run.
std::vector<std::vector<std::size_t>> shared_rows(
    const std::vector<tables::Table>& runs) {
  const tables::Table& first = runs.front();
  std::vector<std::vector<std::size_t>> shared;
  for (const std::size_t row : all_rows(first.arch.size()).rows) {
    shared.push_back({row});
  }
  for (std::size_t run = 1; run < runs.size(); ++run) {
    const auto rows = rows_in(runs[run], first);
    std::erase_if(shared, [&](const auto& own) { return !rows[own.front()]; });
    for (auto& own : shared) own.push_back(*rows[own.front()]);
  }
  if (!shared.empty()) return shared;
  throw UserError(
      "no architecture is in all of the {} runs ({} and others)",
      runs.size(),
      runs.front().source);
}

std::vector<std::string> shared_columns(
    const std::vector<tables::Table>& runs) {
  std::vector<std::string> names;
  for (const std::string& name : runs.front().columns) {
    const bool everywhere =
        std::all_of(runs.begin(), runs.end(), [&](const auto& run) {
          return find_column(run, name).has_value();
        });
    if (everywhere) names.push_back(name);
  }
  if (!names.empty()) return names;
  throw UserError(
      "no column is in all of the {} runs ({} and others)",
      runs.size(),
      runs.front().source);
}

/// Values [run][architecture].
using Values = std::vector<Column>;

/// The architectures that every run has a score for, and how many are left
/// out.
std::pair<Values, std::size_t> complete(const Values& values) {
  Values out(values.size());
  std::size_t left_out = 0;
  for (std::size_t row = 0; row < values.front().size(); ++row) {
    const bool absent =
        std::any_of(values.begin(), values.end(), [&](const Column& run) {
          return std::isnan(run[row]);
        });
    left_out += absent ? 1 : 0;
    if (absent) continue;
    for (std::size_t run = 0; run < values.size(); ++run) {
      out[run].push_back(values[run][row]);
    }
  }
  return {std::move(out), left_out};
}

Values ranked_last(Values values) {
  for (Column& run : values) run = statistics::ranked_last(run);
  return values;
}

/// The mean difference of an architecture's ranks in two runs.
double mean_rank_change(const Column& a, const Column& b) {
  const Column in_a = statistics::average_ranks(a);
  const Column in_b = statistics::average_ranks(b);
  double sum = 0;
  for (std::size_t row = 0; row < a.size(); ++row) {
    sum += std::abs(in_a[row] - in_b[row]);
  }
  return sum / static_cast<double>(a.size());
}

void add_pair(const Column& a, const Column& b, Stability& sums) {
  const double tau = statistics::kendall_tau_b(a, b);
  const double rho = statistics::spearman_rho(a, b);
  sums.tau += tau;
  sums.rho += rho;
  sums.tau_least = std::min(tau, sums.tau_least);
  sums.rho_least = std::min(rho, sums.rho_least);
  sums.rank_change += mean_rank_change(a, b);
  sums.kept += statistics::precision_at(
      a, b, statistics::rows_of_share(a.size(), kBest));
}

/// What the pairs of runs say, over the same architectures in each.
void add_pairs(const Values& values, Stability& row) {
  row.n = values.front().size();
  row.tau_least = row.rho_least = std::numeric_limits<double>::infinity();
  double pairs = 0;
  for (std::size_t a = 0; row.n != 0 && a < values.size(); ++a) {
    for (std::size_t b = a + 1; b < values.size(); ++b) {
      add_pair(values[a], values[b], row);
      pairs += 1;
    }
  }
  row.tau /= pairs;
  row.rho /= pairs;
  row.rank_change /= pairs;
  row.kept /= pairs;
  if (std::isnan(row.tau)) row.tau_least = row.rho_least = kNan;
}

/// Sums of squares about the mean of all, by architecture and by run.
struct Squares {
  double total = 0;
  double between = 0;  ///< of the architectures' means
  double runs = 0;     ///< of the runs' means
};

Squares sums_of_squares(const Values& values) {
  const std::size_t rows = values.front().size();
  const auto k = static_cast<double>(values.size());
  Column run_means;
  for (const Column& run : values) run_means.push_back(statistics::mean(run));
  const double mean = statistics::mean(run_means);
  Squares sums;
  for (const double run : run_means) {
    sums.runs += static_cast<double>(rows) * (run - mean) * (run - mean);
  }
  for (std::size_t row = 0; row < rows; ++row) {
    double arch = 0;
    for (const Column& run : values) {
      arch += run[row] / k;
      sums.total += (run[row] - mean) * (run[row] - mean);
    }
    sums.between += k * (arch - mean) * (arch - mean);
  }
  return sums;
}

/// Values less their common mean, scaled: what they vary by is not lost beside
/// a large offset, and squares do not overflow.
Values centred(const Values& values) {
  Column all;
  for (const Column& run : values)
    all.insert(all.end(), run.begin(), run.end());
  const Column deviations = statistics::deviations(all);
  Values out;
  auto begin = deviations.begin();
  for (const Column& run : values) {
    const auto end = begin + static_cast<std::ptrdiff_t>(run.size());
    out.emplace_back(begin, end);
    begin = end;
  }
  return out;
}

}  // namespace

std::pair<double, double> intraclass(
    const std::vector<std::vector<double>>& runs) {
  if (runs.size() < 2 || runs.front().size() < 2) return {kNan, kNan};
  const Squares sums = sums_of_squares(centred(runs));
  if (!(sums.total > 0)) return {kNan, kNan};
  const auto n = static_cast<double>(runs.front().size());
  const auto k = static_cast<double>(runs.size());
  const double between = sums.between / (n - 1);
  const double within = (sums.total - sums.between) / (n * (k - 1));
  const double error = std::max(0.0, sums.total - sums.between - sums.runs) /
                       ((n - 1) * (k - 1));
  return {
      (between - within) / (between + (k - 1) * within),
      (between - error) / (between + (k - 1) * error)};
}

std::vector<Stability> stability(
    const std::vector<tables::Table>& runs,
    const std::vector<std::string>& proxies,
    statistics::Missing missing) {
  if (runs.size() < 2) {
    throw UserError("{} run: expected two or more", runs.size());
  }
  const std::vector<std::string> names =
      proxies.empty() ? shared_columns(runs) : proxies;
  for (const std::string& name : names) {
    for (const auto& run : runs) require_column(run, name, "proxy");
  }
  const auto rows = shared_rows(runs);
  std::vector<Stability> out(names.size());
  parallel_for(names.size(), [&](std::size_t i) {
    Values values(runs.size());
    for (std::size_t run = 0; run < runs.size(); ++run) {
      const std::size_t column = *find_column(runs[run], names[i]);
      for (const auto& row : rows) {
        values[run].push_back(runs[run].values[column][row[run]]);
      }
    }
    const auto [seen, left_out] = complete(values);
    Stability& row = out[i];
    row.proxy = names[i];
    row.runs = runs.size();
    row.missing = left_out;
    std::tie(row.icc_agreement, row.icc_consistency) = intraclass(seen);
    add_pairs(
        missing == statistics::Missing::last ? ranked_last(values) : seen, row);
  });
  return out;
}

}  // namespace zcp::study
