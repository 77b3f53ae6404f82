#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "analysis/latent/principal.h"

using namespace zcp::latent;

TEST_CASE("principal plane: an ellipse that was turned") {
  // Points at +-3 along (3, 4, 0) / 5 and at +-1 along (0, 0, 1).
  Eigen::MatrixXd points(3, 4);
  points << 1.8, -1.8, 0, 0,  //
      2.4, -2.4, 0, 0,        //
      0, 0, 1, -1;
  points.colwise() += Eigen::Vector3d(7, -2, 5);
  const PrincipalPlane plane = principal_plane(points);
  const std::vector<double> x{3, -3, 0, 0};
  const std::vector<double> y{0, 0, 1, -1};
  REQUIRE_EQ(plane.x.size(), 4);
  REQUIRE_EQ(plane.y.size(), 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(std::abs(plane.x[i] - x[i]) < 1e-12);
    CHECK(std::abs(plane.y[i] - y[i]) < 1e-12);
  }
  CHECK(std::abs(plane.share[0] - 0.9) < 1e-12);
  CHECK(std::abs(plane.share[1] - 0.1) < 1e-12);
}

TEST_CASE("principal plane: a line and a point have no second direction") {
  Eigen::MatrixXd line(1, 3);
  line << 1, 2, 6;
  const PrincipalPlane plane = principal_plane(line);
  CHECK(plane.x == std::vector<double>{-2, -1, 3});
  CHECK(plane.y == std::vector<double>{0, 0, 0});
  const PrincipalPlane same = principal_plane(Eigen::MatrixXd::Ones(2, 3));
  CHECK(same.x == std::vector<double>{0, 0, 0});
  CHECK_THROWS_AS(principal_plane(Eigen::MatrixXd()), std::invalid_argument);
}
