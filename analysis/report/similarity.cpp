#include "analysis/report/similarity.h"

#include <cmath>
#include <limits>
#include <stdexcept>

#include "common/parallel.h"

namespace zcp::report {
namespace {

using Column = std::vector<double>;
using Matrix = std::vector<Column>;

/// Two columns as kendall_tau_b reads them.
double
tau_between(const Column& a, const Column& b, statistics::Missing missing) {
  constexpr double kLast = -std::numeric_limits<double>::infinity();
  Column x;
  Column y;
  x.reserve(a.size());
  y.reserve(a.size());
  for (std::size_t row = 0; row < a.size(); ++row) {
    const bool whole = !std::isnan(a[row]) && !std::isnan(b[row]);
    if (!whole && missing == statistics::Missing::drop) continue;
    x.push_back(std::isnan(a[row]) ? kLast : a[row]);
    y.push_back(std::isnan(b[row]) ? kLast : b[row]);
  }
  return statistics::kendall_tau_b(x, y);
}

Matrix tau_matrix(
    std::span<const Column> columns,
    statistics::Missing missing) {
  const std::size_t count = columns.size();
  Matrix tau(count, Column(count));
  parallel_for(count * count, [&](std::size_t at) {
    const std::size_t i = at / count;
    const std::size_t j = at % count;
    if (i > j) return;
    tau[i][j] = tau_between(columns[i], columns[j], missing);
    tau[j][i] = tau[i][j];
  });
  return tau;
}

/// Proxies that rank much alike, in the order they are listed.
using Cluster = std::vector<std::size_t>;

/// Mean of 1 - tau over the pairs; a tau that does not exist counts as zero.
double distance(const Cluster& a, const Cluster& b, const Matrix& tau) {
  double sum = 0;
  for (const std::size_t i : a) {
    for (const std::size_t j : b) {
      sum += 1 - (std::isnan(tau[i][j]) ? 0 : tau[i][j]);
    }
  }
  return sum / static_cast<double>(a.size() * b.size());
}

/// Joins two clusters by the ends that are nearest to each other.
Cluster join(Cluster a, Cluster b, const Matrix& tau) {
  const auto apart = [&](std::size_t i, std::size_t j) {
    return distance({i}, {j}, tau);
  };
  const bool turn_a =
      std::min(apart(a.front(), b.front()), apart(a.front(), b.back())) <
      std::min(apart(a.back(), b.front()), apart(a.back(), b.back()));
  if (turn_a) a = Cluster(a.rbegin(), a.rend());
  if (apart(a.back(), b.back()) < apart(a.back(), b.front())) {
    b = Cluster(b.rbegin(), b.rend());
  }
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// The leaves of average linkage. The few dozen columns there are take no
/// time, however plainly this is done.
Cluster leaf_order(const Matrix& tau) {
  std::vector<Cluster> clusters;
  for (std::size_t i = 0; i < tau.size(); ++i) clusters.push_back({i});
  while (clusters.size() > 1) {
    std::size_t first = 0;
    std::size_t second = 1;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < clusters.size(); ++i) {
      for (std::size_t j = i + 1; j < clusters.size(); ++j) {
        const double apart = distance(clusters[i], clusters[j], tau);
        if (apart >= least) continue;
        least = apart;
        first = i;
        second = j;
      }
    }
    clusters[first] = join(clusters[first], clusters[second], tau);
    clusters.erase(clusters.begin() + static_cast<std::ptrdiff_t>(second));
  }
  return clusters.empty() ? Cluster{} : clusters.front();
}

}  // namespace

Similarity compare_proxies(
    std::span<const std::string> names,
    std::span<const std::vector<double>> columns,
    statistics::Missing missing) {
  if (names.size() != columns.size()) {
    throw std::invalid_argument("compare_proxies: a name a column");
  }
  const Matrix tau = tau_matrix(columns, missing);
  Similarity similarity;
  const Cluster order = leaf_order(tau);
  for (const std::size_t i : order) {
    similarity.names.push_back(names[i]);
    similarity.tau.emplace_back();
    for (const std::size_t j : order) {
      similarity.tau.back().push_back(tau[i][j]);
    }
  }
  return similarity;
}

}  // namespace zcp::report
