#include <algorithm>
#include <set>
#include <sstream>
#include <stdexcept>

#include "analysis/study/correlation_matrix.h"
#include "benchmarks/tables/table.h"
#include "tests/support/vectors.h"

using namespace zcp::statistics;
using namespace zcp::study;
using namespace zcp::test;
using nlohmann::json;

namespace {

std::vector<std::string> names_of(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) {
    names.push_back("c" + std::to_string(i));
  }
  return names;
}

/// The first item of each item's cluster.
std::vector<std::size_t> first_of(const std::vector<std::size_t>& cluster) {
  std::vector<std::size_t> out;
  for (const std::size_t each : cluster) {
    const auto first = std::find(cluster.begin(), cluster.end(), each);
    out.push_back(static_cast<std::size_t>(first - cluster.begin()));
  }
  return out;
}

void check_clusters(const CorrelationMatrix& matrix, const json& expected) {
  const json& merges = expected["merges"];
  REQUIRE(matrix.merges.size() == merges.size());
  for (std::size_t i = 0; i < merges.size(); ++i) {
    CAPTURE(i);
    CHECK(double(matrix.merges[i].first) == merges[i][0].get<double>());
    CHECK(double(matrix.merges[i].second) == merges[i][1].get<double>());
    CHECK(agree(matrix.merges[i].height, merges[i][2]));
    CHECK(double(matrix.merges[i].size) == merges[i][3].get<double>());
  }
  CHECK(
      first_of(matrix.cluster) ==
      expected["first"].get<std::vector<std::size_t>>());
  // Each cluster is one run of the order.
  std::set<std::size_t> closed;
  for (std::size_t i = 1; i < matrix.order.size(); ++i) {
    const std::size_t before = matrix.cluster[matrix.order[i - 1]];
    if (matrix.cluster[matrix.order[i]] == before) continue;
    CHECK(closed.insert(before).second);
    CHECK(closed.count(matrix.cluster[matrix.order[i]]) == 0);
  }
}

}  // namespace

TEST_CASE("matrix: tau, rho and linkage are SciPy's") {
  for (const json& expected : study_vectors()["matrices"]) {
    const std::vector<Vector> data = columns(expected["columns"]);
    const bool drop = expected["drop"].get<bool>();
    const CorrelationMatrix matrix = correlation_matrix(
        names_of(data.size()),
        data,
        drop ? Missing::drop : Missing::last,
        expected["alike"].get<double>());
    for (std::size_t a = 0; a < data.size(); ++a) {
      for (std::size_t b = 0; b < data.size(); ++b) {
        CHECK(agree(matrix.tau[a][b], expected["tau"][a][b]));
        CHECK(agree(matrix.rho[a][b], expected["rho"][a][b]));
      }
    }
    check_clusters(matrix, expected);
  }
}

TEST_CASE("matrix: 27 devices rank NATS-TSS as SciPy says they do") {
  const json expected = study_vectors()["devices"];
  const auto path = shared("data/nats_tss_latency.csv");
  if (other_file(path, expected)) return;
  std::ifstream file(path);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto table = zcp::tables::parse_table(text, "latency", {}, "index");
  const CorrelationMatrix matrix =
      correlation_matrix(table.columns, table.values, Missing::last, 0.7);
  for (std::size_t i = 0; i < matrix.names.size(); ++i) {
    CHECK(agree(matrix.tau[0][i], expected["tau"][i]));
    CHECK(agree(matrix.rho.back()[i], expected["rho"][i]));
  }
  check_clusters(matrix, expected);
}

TEST_CASE("matrix: a constant column has no correlation and no cluster") {
  const std::vector<double> ten{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  const std::vector<double> flat(10, 5.0);
  const CorrelationMatrix matrix =
      correlation_matrix(names_of(3), {ten, flat, ten}, Missing::last, 0.5);
  CHECK(std::isnan(matrix.tau[0][1]));
  CHECK(std::isnan(matrix.tau[1][1]));
  CHECK(matrix.tau[0][2] == doctest::Approx(1));
  CHECK(matrix.cluster == std::vector<std::size_t>{0, 1, 0});
  const CorrelationMatrix one =
      correlation_matrix({"x"}, {{1, 2}}, Missing::last, 0.5);
  CHECK(one.order == std::vector<std::size_t>{0});
  CHECK(one.merges.empty());
  CHECK_THROWS_AS(
      correlation_matrix({}, {}, Missing::last, 0.5), std::invalid_argument);
}

TEST_CASE("matrix: over fewer than ten rows none are called alike") {
  const std::vector<double> nine{1, 2, 3, 4, 5, 6, 7, 8, 9};
  const CorrelationMatrix matrix =
      correlation_matrix(names_of(2), {nine, nine}, Missing::last, 0.5);
  CHECK(matrix.tau[0][1] == doctest::Approx(1));
  CHECK(matrix.cluster == std::vector<std::size_t>{0, 1});
  // Twelve rows, of which both columns have nine.
  std::vector<double> twelve = nine;
  twelve.insert(twelve.end(), {10, 11, 12});
  std::vector<double> holes = twelve;
  std::fill(holes.begin() + 9, holes.end(), std::nan(""));
  const auto clusters = [&](Missing missing) {
    return correlation_matrix(names_of(2), {twelve, holes}, missing, 0.2)
        .cluster;
  };
  CHECK(clusters(Missing::drop) == std::vector<std::size_t>{0, 1});
  CHECK(
      correlation_matrix(names_of(2), {twelve, twelve}, Missing::drop, 0.5)
          .cluster == std::vector<std::size_t>{0, 0});
}

TEST_CASE("matrix: as a CSV") {
  const CorrelationMatrix matrix = correlation_matrix(
      {"a", "b,c"}, {{1, 2, 3}, {1, 3, 2}}, Missing::last, 0.5);
  std::ostringstream out;
  write_matrix(out, matrix);
  CHECK(
      out.str().starts_with("statistic,proxy,a,\"b,c\"\nkendall_tau,a,1,0.3"));
  CHECK(out.str().find("spearman_rho,\"b,c\",0.5,1\n") != std::string::npos);
}
