#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <stdexcept>

#include "analysis/latent/smoothness.h"

using namespace zcp::latent;

namespace {

/// The points 0, 1, 2, ... of a line.
Eigen::MatrixXd line(int count) {
  return Eigen::RowVectorXd::LinSpaced(count, 0, count - 1);
}

int apart(std::size_t a, std::size_t b) {
  return std::abs(static_cast<int>(a) - static_cast<int>(b));
}

}  // namespace

TEST_CASE("smoothness: of a line whose steps are edits") {
  std::vector<double> truth;
  for (int i = 0; i < 11; ++i) truth.push_back(5.0 * i);
  const Smoothness found = smoothness(line(11), apart, truth, 3);
  CHECK_EQ(found.edits_rho, doctest::Approx(1));
  CHECK_EQ(found.difference_rho, doctest::Approx(1));
  REQUIRE_EQ(found.by_edits.size(), 10);
  std::size_t pairs = 0;
  for (const EditRow& row : found.by_edits) {
    // Pairs of 11 points at distance d: 11 - d.
    CHECK_EQ(row.pairs, static_cast<std::size_t>(11 - row.edits));
    CHECK_EQ(row.distance, doctest::Approx(row.edits));
    CHECK_EQ(row.difference, doctest::Approx(5 * row.edits));
    pairs += row.pairs;
  }
  CHECK_EQ(pairs, 55);
  double last = -1;
  std::size_t in_tenths = 0;
  for (const DistanceRow& row : found.by_distance) {
    CHECK_GT(row.low, last);  // equal distances are not torn apart
    CHECK_GE(row.high, row.low);
    CHECK_EQ(row.difference, doctest::Approx(5 * row.edits));
    last = row.high;
    in_tenths += row.pairs;
  }
  CHECK_EQ(in_tenths, 55);
}

TEST_CASE("smoothness: two points are one pair, 200 meet each once, 201 all") {
  REQUIRE_EQ(smoothness(line(2), apart, {}, 0).by_edits.size(), 1);
  CHECK_EQ(smoothness(line(2), apart, {}, 0).by_edits[0].pairs, 1);
  const auto count = [](int points) {
    std::size_t pairs = 0;
    for (const auto& row : smoothness(line(points), apart, {}, 7).by_edits) {
      pairs += row.pairs;
    }
    return pairs;
  };
  CHECK_EQ(count(200), 200 * 199 / 2);
  CHECK_EQ(count(201), 200 * 200);  // of each of the 200 with all others
}

TEST_CASE("smoothness: truth may be absent or have gaps") {
  const Smoothness none = smoothness(line(5), apart, {}, 0);
  CHECK(std::isnan(none.difference_rho));
  CHECK(std::isnan(none.by_edits[0].difference));
  const double gap = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> truth{1, gap, 3, 4, 5};
  const Smoothness gaps = smoothness(line(5), apart, truth, 0);
  REQUIRE_EQ(gaps.by_edits[0].pairs, 4);
  // 2-3 and 3-4 are known, both 1 apart.
  CHECK_EQ(gaps.by_edits[0].difference, doctest::Approx(1));
  CHECK_EQ(gaps.difference_rho, doctest::Approx(1));
  CHECK_THROWS_AS(smoothness(line(1), apart, {}, 0), std::invalid_argument);
}
