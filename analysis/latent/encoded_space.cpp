#include "analysis/latent/encoded_space.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "common/error.h"
#include "common/random.h"

namespace zcp::latent {
namespace {

std::size_t draw_below(std::size_t bound, std::uint64_t seed) {
  std::int64_t drawn = 0;
  fill_integers({&drawn, 1}, static_cast<std::int64_t>(bound), seed);
  return static_cast<std::size_t>(drawn);
}

}  // namespace

EncodedSpace::EncodedSpace(
    const spaces::Space& space,
    std::vector<std::string> specs,
    Eigen::MatrixXd points)
    : space_(space),
      info_(space.info()),
      specs_(std::move(specs)),
      points_(std::move(points)) {
  if (points_.cols() != std::ssize(specs_)) {
    throw std::invalid_argument("EncodedSpace: as many points as specs");
  }
  if (specs_.size() < 2) {
    throw UserError(
        "encodings of {} architectures: expected two or more", specs_.size());
  }
  if (!points_.allFinite()) {
    throw UserError("encodings: expected finite numbers alone");
  }
  const Eigen::VectorXd mean = points_.rowwise().mean();
  const double variance = (points_.colwise() - mean).squaredNorm() /
                          static_cast<double>(points_.cols());
  if (!(variance > 0)) {
    throw UserError("encodings: all architectures have the same numbers");
  }
  points_ /= std::sqrt(variance);
  for (std::size_t row = 0; row < specs_.size(); ++row) {
    rows_.emplace(specs_[row], row);
  }
  info_.size = std::ssize(specs_);
}

std::optional<std::size_t> EncodedSpace::row_of(std::string_view spec) const {
  const auto found = rows_.find(std::string(spec));
  if (found == rows_.end()) return std::nullopt;
  return found->second;
}

std::size_t EncodedSpace::require_row(std::string_view spec) const {
  auto row = row_of(spec);
  if (!row) row = row_of(space_.normalise(spec));
  if (!row) throw UserError("{}: is not among the encodings", spec);
  return *row;
}

std::string EncodedSpace::spec(std::int64_t index) const {
  return specs_.at(static_cast<std::size_t>(index));
}

std::string EncodedSpace::draw(std::uint64_t seed) const {
  return specs_[draw_below(specs_.size(), seed)];
}

std::string EncodedSpace::mutate(std::string_view spec, std::uint64_t seed)
    const {
  const std::vector<std::size_t> near = nearest(require_row(spec));
  return specs_[near[draw_below(near.size(), seed)]];
}

std::vector<std::string> EncodedSpace::neighbours(std::string_view spec) const {
  std::vector<std::string> near;
  for (const std::size_t row : nearest(require_row(spec))) {
    near.push_back(specs_[row]);
  }
  return near;
}

std::vector<double> EncodedSpace::encode(std::string_view spec) const {
  const auto point = points_.col(static_cast<Eigen::Index>(require_row(spec)));
  return {point.begin(), point.end()};
}

/// Searches the table once for each architecture that is asked for.
std::vector<std::size_t> EncodedSpace::nearest(std::size_t row) const {
  {
    const std::scoped_lock lock(mutex_);
    const auto found = nearest_.find(row);
    if (found != nearest_.end()) return found->second;
  }
  const Eigen::VectorXd distances =
      (points_.colwise() - points_.col(static_cast<Eigen::Index>(row)))
          .colwise()
          .squaredNorm()
          .transpose();
  std::vector<std::size_t> others(specs_.size() - 1);
  std::iota(others.begin(), others.end(), std::size_t{0});
  for (std::size_t i = row; i < others.size(); ++i) ++others[i];
  const std::size_t count = std::min(kNeighbours, others.size());
  // Of equal distances the first row, whatever the library's algorithm.
  std::ranges::partial_sort(
      others,
      others.begin() + static_cast<std::ptrdiff_t>(count),
      [&](std::size_t a, std::size_t b) {
        const double to_a = distances[static_cast<Eigen::Index>(a)];
        const double to_b = distances[static_cast<Eigen::Index>(b)];
        return std::pair{to_a, a} < std::pair{to_b, b};
      });
  others.resize(count);
  others.shrink_to_fit();
  const std::scoped_lock lock(mutex_);
  return nearest_.emplace(row, std::move(others)).first->second;
}

}  // namespace zcp::latent
