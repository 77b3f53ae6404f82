// What models of a search learn: places instead of values, because proxies
// differ by powers of ten and accuracies of failed networks wreck a fit.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "analysis/search/history.h"

namespace zcp::search {

/// The records that have a value of the first objective.
std::vector<std::size_t> known_rows(const History& history);

/// For each of `rows` the quantile (rank - 1/2) / n of the standard normal
/// distribution, equal values sharing their mean rank: mean about 0, standard
/// deviation about 1.
std::vector<double> normal_scores(
    const History& history,
    std::span<const std::size_t> rows);

/// The quantile of the standard normal distribution, 0 < p < 1.
double normal_quantile(double p);

}  // namespace zcp::search
