#include "analysis/latent/principal.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace zcp::latent {

PrincipalPlane principal_plane(const Eigen::MatrixXd& points) {
  if (points.size() == 0) {
    throw std::invalid_argument("principal_plane: no points");
  }
  const Eigen::MatrixXd centred = points.colwise() - points.rowwise().mean();
  const Eigen::MatrixXd covariance =
      centred * centred.transpose() / static_cast<double>(points.cols());
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance);
  const double total = std::max(covariance.trace(), 0.0);
  PrincipalPlane plane{{}, {}, {0, 0}};
  for (int k = 0; k < 2; ++k) {
    std::vector<double>& values = k == 0 ? plane.x : plane.y;
    values.assign(static_cast<std::size_t>(points.cols()), 0);
    // Eigenvalues ascend.
    const Eigen::Index at = points.rows() - 1 - k;
    if (at < 0 || !(total > 0)) continue;
    Eigen::VectorXd direction = solver.eigenvectors().col(at);
    Eigen::Index largest = 0;
    direction.cwiseAbs().maxCoeff(&largest);
    if (direction[largest] < 0) direction = -direction;
    Eigen::VectorXd::Map(values.data(), points.cols()) =
        centred.transpose() * direction;
    plane.share[static_cast<std::size_t>(k)] =
        std::max(solver.eigenvalues()[at], 0.0) / total;
  }
  return plane;
}

}  // namespace zcp::latent
