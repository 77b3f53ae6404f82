// The two directions in which points differ most.
#pragma once

#include <Eigen/Dense>
#include <array>
#include <vector>

namespace zcp::latent {

/// Points as a map shows them.
struct PrincipalPlane {
  std::vector<double> x;        ///< [point]: along the first direction
  std::vector<double> y;        ///< along the second
  std::array<double, 2> share;  ///< of all variance, 0 to 1 each
};

/// The first two principal components (Pearson 1901) of points, a column each.
/// The largest number of each direction is positive, so that the map does not
/// depend on who computes it. Directions without variance have 0. Throws
/// std::invalid_argument for no points.
PrincipalPlane principal_plane(const Eigen::MatrixXd& points);

}  // namespace zcp::latent
