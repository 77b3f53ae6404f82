// A space whose architectures have numbers of somebody's own: the rows of a
// table that `zcp encode` wrote, or anybody else.
#pragma once

#include <Eigen/Dense>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "nets/spaces/space.h"

namespace zcp::latent {

/// The architectures of a table as points, and the space as their neighbours
/// make it: encode() gives a point, a mutation one of the nearest architectures
/// of the table, neighbours() those, the nearest first. Only architectures of
/// the table are drawn. Specs, networks and choices are the space's own. Its
/// functions may be called from several threads.
class EncodedSpace final : public spaces::Space {
 public:
  /// How many nearest architectures are neighbours: as many as a cell of
  /// NATS-TSS has that differ in one edge.
  static constexpr std::size_t kNeighbours = 24;

  /// `space` has to outlive the object; `specs` are normalised and all
  /// different, and `points` has a column for each. The points are divided by
  /// the square root of their variance, so that distances do not depend on
  /// units; directions keep their proportions. Throws std::invalid_argument for
  /// other numbers of columns, UserError for fewer than two architectures, for
  /// points that are not finite and for points that are all alike.
  EncodedSpace(
      const spaces::Space& space,
      std::vector<std::string> specs,
      Eigen::MatrixXd points);

  bool has(std::string_view spec) const { return row_of(spec).has_value(); }

  std::size_t size() const { return specs_.size(); }
  const std::string& spec_of_row(std::size_t row) const { return specs_[row]; }
  const Eigen::MatrixXd& points() const { return points_; }
  std::optional<std::size_t> row_of(std::string_view spec) const;

  const spaces::SpaceInfo& info() const override { return info_; }
  /// The architecture of that row of the table.
  std::string spec(std::int64_t index) const override;
  std::string draw(std::uint64_t seed) const override;
  std::string mutate(std::string_view spec, std::uint64_t seed) const override;
  std::vector<std::string> neighbours(std::string_view spec) const override;
  std::vector<double> encode(std::string_view spec) const override;
  std::string normalise(std::string_view spec) const override {
    return space_.normalise(spec);
  }
  graph::Graph build(
      std::string_view spec,
      Shape input,
      Output output,
      const spaces::Skeleton& skeleton,
      graph::Folding folding) const override {
    return space_.build(spec, input, output, skeleton, folding);
  }

 private:
  /// The row of an architecture. Throws UserError where the table has none.
  std::size_t require_row(std::string_view spec) const;
  std::vector<std::size_t> nearest(std::size_t row) const;

  const spaces::Space& space_;
  spaces::SpaceInfo info_;
  std::vector<std::string> specs_;
  Eigen::MatrixXd points_;
  std::unordered_map<std::string, std::size_t> rows_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::size_t, std::vector<std::size_t>> nearest_;
};

}  // namespace zcp::latent
