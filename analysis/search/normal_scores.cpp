#include "analysis/search/normal_scores.h"

#include <boost/math/distributions/normal.hpp>
#include <cmath>

#include "analysis/statistics/ranks.h"

namespace zcp::search {

std::vector<std::size_t> known_rows(const History& history) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (!std::isnan(history.value(i))) rows.push_back(i);
  }
  return rows;
}

double normal_quantile(double p) {
  return boost::math::quantile(boost::math::normal(), p);
}

std::vector<double> normal_scores(
    const History& history,
    std::span<const std::size_t> rows) {
  std::vector<double> values;
  for (const std::size_t row : rows) values.push_back(history.value(row));
  std::vector<double> scores = statistics::average_ranks(values);
  for (double& score : scores) {
    score = normal_quantile((score - 0.5) / static_cast<double>(rows.size()));
  }
  return scores;
}

}  // namespace zcp::search
