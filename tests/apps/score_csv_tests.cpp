#include <doctest/doctest.h>

#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "apps/score_csv.h"

namespace {

using Row = std::vector<double>;

std::string csv(
    const std::vector<std::string>& archs,
    const std::vector<std::string>& proxies,
    const std::vector<Row>& values) {
  std::ostringstream out;
  zcp::apps::write_scores_csv(
      out, archs, proxies, [&](std::size_t arch, std::size_t proxy) {
        return values[arch][proxy];
      });
  return out.str();
}

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("scores as CSV: a header, a row an architecture") {
  CHECK(
      csv({"a", "b"}, {"p", "q"}, {{1, 2.5}, {-3, 1e300}}) ==
      "arch,p,q\na,1,2.5\nb,-3,1.0000000000000001e+300\n");
  CHECK(csv({}, {"p"}, {}) == "arch,p\n");
}

TEST_CASE("scores as CSV: none where a score is not finite, no negative zero") {
  CHECK(
      csv({"a"},
          {"p", "q", "r", "s"},
          {{kNone, kInfinity, -kInfinity, -0.0}}) == "arch,p,q,r,s\na,,,,0\n");
}

TEST_CASE("scores as CSV: every bit of a number comes back") {
  const double third = 1.0 / 3;
  const std::string text = csv({"a"}, {"p"}, {{third}});
  const std::string start = "arch,p\na,";
  REQUIRE(text.starts_with(start));
  CHECK(std::stod(text.substr(start.size())) == third);
}

TEST_CASE("scores as CSV: names with commas and quotes are quoted") {
  CHECK(
      csv({"a,b", "c\"d"}, {"p"}, {{1}, {2}}) ==
      "arch,p\n\"a,b\",1\n\"c\"\"d\",2\n");
}
