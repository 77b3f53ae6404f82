// What a linear model learns from the encodings, against values that NumPy
// computed of encodings of its own: ridge of 10 on rank / n of the validation
// accuracy, columns standardised by the first n of the 9,445 cells.
#include <Eigen/Dense>
#include <array>
#include <cmath>
#include <fstream>
#include <iterator>
#include <string>
#include <unordered_map>
#include <vector>

#include "analysis/statistics/correlation.h"
#include "analysis/statistics/ranks.h"
#include "benchmarks/tables/table.h"
#include "nets/encodings/features.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::encodings;

namespace {

tables::Table read(const char* name, const char* column, const char* key) {
  std::ifstream in(test::shared(name));
  const std::string text(std::istreambuf_iterator<char>(in), {});
  const std::vector<std::string> wanted{column};
  return tables::parse_table(text, name, wanted, key);
}

struct Agreement {
  double tau;
  double rho;
};

/// Of the rows behind the first n.
Agreement ridge(
    const std::vector<Feature>& features,
    const std::vector<double>& y,
    int n) {
  const auto rows = static_cast<Eigen::Index>(y.size());
  std::vector<Eigen::VectorXd> columns;
  for (const Feature& feature : features) {
    const Eigen::VectorXd all =
        Eigen::VectorXd::Map(feature.values.data(), rows);
    const double mean = all.head(n).mean();
    const Eigen::VectorXd centred = all.array() - mean;
    const double deviation = std::sqrt(centred.head(n).squaredNorm() / n);
    if (deviation > 0) columns.emplace_back(centred / deviation);
  }
  const auto width = static_cast<Eigen::Index>(columns.size());
  Eigen::MatrixXd x(rows, width);
  for (Eigen::Index c = 0; c < width; ++c) {
    x.col(c) = columns[static_cast<std::size_t>(c)];
  }
  const std::vector<double> ranks = statistics::average_ranks(
      std::span(y).first(static_cast<std::size_t>(n)));
  Eigen::VectorXd target = Eigen::VectorXd::Map(ranks.data(), n) / n;
  target.array() -= target.mean();
  const auto train = x.topRows(n);
  const Eigen::MatrixXd normal =
      train.transpose() * train + 10 * Eigen::MatrixXd::Identity(width, width);
  const Eigen::VectorXd weights =
      normal.ldlt().solve(train.transpose() * target);
  const Eigen::VectorXd predicted = x.bottomRows(rows - n) * weights;
  const std::span<const double> p{
      predicted.data(), static_cast<std::size_t>(predicted.size())};
  const auto held = std::span(y).subspan(static_cast<std::size_t>(n));
  return {
      statistics::kendall_tau_b(p, held), statistics::spearman_rho(p, held)};
}

struct Expected {
  int labels;
  double tau;
  double rho;
};

void check(
    const std::vector<Feature>& features,
    const std::vector<double>& y,
    const std::array<Expected, 3>& expected) {
  for (const Expected& row : expected) {
    CAPTURE(row.labels);
    const Agreement found = ridge(features, y, row.labels);
    // Printed with four decimals; ties of predictions are broken by rounding.
    CHECK(std::abs(found.tau - row.tau) < 2e-4);
    CHECK(std::abs(found.rho - row.rho) < 2e-4);
  }
}

}  // namespace

TEST_CASE("encodings: ridge on one-hot operations and on paths of NB201") {
  const char* scores = "data/naslib_scores_nb201.csv";
  const char* truth = "data/nats_tss_accuracy.csv";
  if (test::absent(test::shared(scores))) return;
  if (test::absent(test::shared(truth))) return;
  const auto cells = read(scores, "params", "net_str").arch;
  REQUIRE_EQ(cells.size(), 9445);
  const tables::Table accuracies = read(truth, "cifar10_valid", "arch");
  std::unordered_map<std::string, double> accuracy;
  for (std::size_t row = 0; row < accuracies.arch.size(); ++row) {
    accuracy[accuracies.arch[row]] = accuracies.values[0][row];
  }
  std::vector<double> y;
  for (const std::string& cell : cells) y.push_back(accuracy.at(cell));
  const GraphPool pool = graph_pool(spaces::find_space("nats-tss"), cells);
  const auto one_hot = adjacency_encoding(pool, {""});
  CHECK_EQ(one_hot.size(), 30);
  check(
      one_hot,
      y,
      {{{32, .5356, .7224}, {128, .6599, .8476}, {1024, .7037, .8856}}});
  const auto paths = path_encoding(pool, {""});
  CHECK_EQ(paths.size(), 119);
  check(
      paths,
      y,
      {{{32, .4531, .6335}, {128, .6171, .8144}, {1024, .7286, .9039}}});
}

TEST_CASE("encodings: 364 path bits of NAS-Bench-101") {
  // 3^0 + ... + 3^5 sequences of up to five operations. A chain of k vertices
  // has one of k operations, the branch from input to output the empty one.
  const std::array<const char*, 3> ops{
      "conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3"};
  std::vector<std::string> specs;
  for (int length = 0; length <= 5; ++length) {
    int count = 1;
    for (int i = 0; i < length; ++i) count *= 3;
    for (int number = 0; number < count; ++number) {
      const int vertices = length + 2;
      std::string matrix;
      for (int from = 0; from < vertices; ++from) {
        if (from > 0) matrix += '-';
        for (int to = 0; to < vertices; ++to)
          matrix += to == from + 1 ? '1' : '0';
      }
      std::string names = "input";
      int rest = number;
      for (int i = 0; i < length; ++i, rest /= 3) {
        names += std::string(",") + ops[static_cast<std::size_t>(rest % 3)];
      }
      // Twice, since a bit that a single cell has is left out.
      specs.push_back(matrix + "|" + names + ",output");
      specs.push_back(specs.back());
    }
  }
  REQUIRE_EQ(specs.size(), 2 * 364);
  const GraphPool pool = graph_pool(spaces::find_space("nas-bench-101"), specs);
  CHECK_EQ(path_encoding(pool, {""}).size(), 364);
}
