#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "analysis/report/similarity.h"
#include "analysis/statistics/correlation.h"
#include "tests/support/make_report.h"

using namespace zcp::statistics;
using namespace zcp::study;
using namespace zcp::report;
using zcp::test::Column;
using zcp::test::kNan;

namespace {

std::vector<Column> noise_columns(std::size_t count, std::size_t size) {
  std::vector<float> noise(count * size);
  zcp::fill_normal(noise, 1.0F, 3);
  std::vector<Column> columns(count, Column(size));
  for (std::size_t i = 0; i < noise.size(); ++i) {
    columns[i / size][i % size] = noise[i];
  }
  return columns;
}

std::size_t place(const Similarity& similarity, const std::string& name) {
  const auto found = std::ranges::find(similarity.names, name);
  REQUIRE(found != similarity.names.end());
  return static_cast<std::size_t>(found - similarity.names.begin());
}

}  // namespace

TEST_CASE("the matrix holds tau-b of each pair, whatever the order") {
  const std::vector<Column> columns = noise_columns(5, 60);
  const std::vector<std::string> names{"a", "b", "c", "d", "e"};
  const Similarity similarity = compare_proxies(names, columns, Missing::last);
  REQUIRE(similarity.names.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) {
    for (std::size_t j = 0; j < 5; ++j) {
      CHECK(
          similarity
              .tau[place(similarity, names[i])][place(similarity, names[j])] ==
          kendall_tau_b(columns[i], columns[j]));
    }
  }
}

TEST_CASE("similar proxies stand side by side") {
  std::vector<Column> columns = noise_columns(4, 200);
  columns.push_back(columns[0]);
  columns.push_back(columns[2]);
  for (std::size_t i = 0; i < 200; ++i) columns[4][i] += 0.1 * columns[1][i];
  const std::vector<std::string> names{"a", "b", "c", "d", "a2", "c2"};
  const Similarity similarity = compare_proxies(names, columns, Missing::last);
  const auto apart = [&](const char* one, const char* other) {
    const auto i = static_cast<int>(place(similarity, one));
    return std::abs(i - static_cast<int>(place(similarity, other)));
  };
  CHECK(apart("a", "a2") == 1);
  CHECK(apart("c", "c2") == 1);
}

TEST_CASE("missing scores rank last or leave the pair") {
  const std::vector<std::string> names{"x", "y"};
  const std::vector<Column> columns{{1, 2, 3, kNan}, {1, 3, kNan, 2}};
  const auto tau = [&](Missing missing) {
    return compare_proxies(names, columns, missing).tau[0][1];
  };
  const double low = -1e9;
  CHECK(
      tau(Missing::last) ==
      kendall_tau_b(Column{1, 2, 3, low}, Column{1, 3, low, 2}));
  CHECK(tau(Missing::drop) == 1);
}

TEST_CASE("constants, one column and none make no trouble") {
  const std::vector<std::string> names{"flat", "x"};
  const Similarity flat = compare_proxies(
      names, std::vector<Column>{{1, 1, 1}, {1, 2, 3}}, Missing::last);
  const std::size_t x = place(flat, "x");
  CHECK(std::isnan(flat.tau[x][1 - x]));
  CHECK(flat.tau[x][x] == 1);
  const std::vector<std::string> one{"x"};
  const std::vector<Column> column{{1, 2}};
  CHECK(compare_proxies(one, column, Missing::last).names == one);
  CHECK(compare_proxies({}, {}, Missing::last).names.empty());
  CHECK_THROWS_AS(
      compare_proxies(names, column, Missing::last), std::invalid_argument);
}
