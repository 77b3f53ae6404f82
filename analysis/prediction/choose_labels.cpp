#include "analysis/prediction/choose_labels.h"

#include <algorithm>
#include <stdexcept>

#include "analysis/prediction/kernel.h"
#include "common/random.h"

namespace zcp::prediction {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// At most `most` of the rows, drawn by the seed.
std::vector<std::size_t> some_of(
    std::span<const std::size_t> rows,
    std::size_t most,
    std::uint64_t seed) {
  std::vector<std::size_t> some;
  const auto count = static_cast<std::int64_t>(std::min(most, rows.size()));
  for (const std::int64_t at :
       sample_without_replacement(std::ssize(rows), count, seed)) {
    some.push_back(rows[static_cast<std::size_t>(at)]);
  }
  return some;
}

/// Covariances of all rows looked at with the candidates, given what is
/// labelled so far.
class Covariance {
 public:
  Covariance(
      const Design& design,
      std::span<const std::size_t> all,
      Index count)
      : weights_(prior_weights(design)), noise_(weights_[weights_.size() - 1]) {
    const RowMatrix rows = rows_of(design, all);
    matrix_ = weighted_kernel(rows, rows.topRows(count), design, weights_);
  }

  /// The sum of variances of rows from `first` on that a label of each
  /// candidate would take away.
  VectorXd gains(Index first) const {
    const Index count = matrix_.cols();
    const VectorXd squares = matrix_.bottomRows(matrix_.rows() - first)
                                 .colwise()
                                 .squaredNorm()
                                 .transpose();
    const VectorXd own = matrix_.topRows(count).diagonal();
    return (squares.array() / (own.array() + noise_)).matrix();
  }

  /// The covariances after a label of that candidate.
  void label(Index at) {
    const VectorXd column = matrix_.col(at);
    const VectorXd row = column.head(matrix_.cols());
    const VectorXd scaled = row / (column[at] + noise_);
    matrix_.noalias() -= column * scaled.transpose();
  }

 private:
  VectorXd weights_;
  double noise_;
  MatrixXd matrix_;
};

}  // namespace

std::vector<std::size_t> choose_labels(
    const Design& design,
    std::span<const std::size_t> candidates,
    std::span<const std::size_t> labelled,
    std::size_t count,
    std::uint64_t seed) {
  constexpr std::size_t kMostCandidates = 1000;
  constexpr std::size_t kMostRows = 500;
  if (count > candidates.size()) {
    throw std::invalid_argument("choose_labels: fewer candidates than labels");
  }
  const std::vector<std::size_t> looked_at = some_of(
      candidates,
      std::max(kMostCandidates, 2 * count),
      derive_seed(seed, "candidates"));
  // Rows: the candidates, what is labelled, and what is to be told of.
  std::vector<std::size_t> all = looked_at;
  const auto known =
      some_of(labelled, kMostRows, derive_seed(seed, "labelled"));
  all.insert(all.begin() + std::ssize(looked_at), known.begin(), known.end());
  std::vector<std::size_t> every(design.rows());
  for (std::size_t i = 0; i < every.size(); ++i) every[i] = i;
  const auto told = some_of(every, kMostRows, derive_seed(seed, "told"));
  all.insert(all.end(), told.begin(), told.end());
  const auto columns = static_cast<Index>(looked_at.size() + known.size());
  Covariance covariance(design, all, columns);
  for (std::size_t i = 0; i < known.size(); ++i) {
    covariance.label(static_cast<Index>(looked_at.size() + i));
  }
  std::vector<std::size_t> chosen;
  std::vector<bool> taken(looked_at.size(), false);
  while (chosen.size() < count) {
    const VectorXd gains = covariance.gains(columns);
    Index best = -1;
    for (std::size_t i = 0; i < looked_at.size(); ++i) {
      const auto at = static_cast<Index>(i);
      if (!taken[i] && (best < 0 || gains[at] > gains[best])) best = at;
    }
    taken[static_cast<std::size_t>(best)] = true;
    chosen.push_back(looked_at[static_cast<std::size_t>(best)]);
    covariance.label(best);
  }
  return chosen;
}

}  // namespace zcp::prediction
