#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <stdexcept>

#include "analysis/latent/encoded_space.h"
#include "analysis/search/algorithm.h"
#include "analysis/search/runner.h"
#include "common/error.h"
#include "nets/encodings/features.h"

using namespace zcp;
using namespace zcp::latent;

namespace {

const spaces::Space& nats() {
  return spaces::find_space("nats-tss");
}

std::vector<std::string> all_specs() {
  std::vector<std::string> specs;
  for (std::int64_t i = 0; i < nats().info().size; ++i) {
    specs.push_back(nats().spec(i));
  }
  return specs;
}

Eigen::MatrixXd adjacency_points(const std::vector<std::string>& specs) {
  const auto features =
      encodings::adjacency_encoding(encodings::graph_pool(nats(), specs), {""});
  Eigen::MatrixXd points(
      static_cast<Eigen::Index>(features.size()),
      static_cast<Eigen::Index>(specs.size()));
  for (std::size_t f = 0; f < features.size(); ++f) {
    points.row(static_cast<Eigen::Index>(f)) =
        Eigen::RowVectorXd::Map(features[f].values.data(), points.cols());
  }
  return points;
}

/// Values of architectures: how often they have a 3x3 convolution.
class Counter final : public search::Evaluator {
 public:
  bool evaluate(std::span<const std::string>) override { return true; }
  void update(search::History& history) override {
    std::vector<double> values;
    for (const std::string& arch : history.archs()) {
      double count = 0;
      for (std::size_t at = arch.find("3x3~"); at != std::string::npos;
           at = arch.find("3x3~", at + 1)) {
        count += arch[at - 2] == 'v' ? 1 : 0;  // nor_conv_3x3
      }
      values.push_back(count);
    }
    history.set_values(0, values);
  }
};

}  // namespace

TEST_CASE("encoded space: with adjacency, neighbours are single edits") {
  const auto specs = all_specs();
  const EncodedSpace space(nats(), specs, adjacency_points(specs));
  for (const std::size_t row : {std::size_t{0}, std::size_t{4711}}) {
    auto expected = nats().neighbours(specs[row]);
    auto found = space.neighbours(specs[row]);
    std::ranges::sort(expected);
    std::ranges::sort(found);
    REQUIRE_EQ(found.size(), EncodedSpace::kNeighbours);
    CHECK(found == expected);
    std::set<std::string> mutations;
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
      mutations.insert(space.mutate(specs[row], seed));
    }
    CHECK(std::vector(mutations.begin(), mutations.end()) == expected);
  }
}

TEST_CASE("encoded space: points of one scale, draws of the table alone") {
  const std::vector<std::string> specs{
      nats().spec(3), nats().spec(17), nats().spec(40)};
  Eigen::MatrixXd points(2, 3);
  points << 0, 30, 0,  //
      0, 0, 60;
  const EncodedSpace space(nats(), specs, points);
  CHECK_EQ(space.info().size, 3);
  CHECK_EQ(space.spec(1), specs[1]);
  // The variance is 30^2 * 2/9 + 60^2 * 2/9 = 1000.
  const auto code = space.encode(specs[1]);
  REQUIRE_EQ(code.size(), 2);
  CHECK_EQ(code[0], doctest::Approx(30 / std::sqrt(1000.0)));
  CHECK(space.neighbours(specs[0]) == std::vector{specs[1], specs[2]});
  CHECK(space.neighbours(specs[2]) == std::vector{specs[0], specs[1]});
  std::set<std::string> drawn;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    drawn.insert(space.draw(seed));
  }
  CHECK(drawn == std::set<std::string>(specs.begin(), specs.end()));
  CHECK(space.has(specs[0]));
  CHECK_FALSE(space.has(nats().spec(4)));
  CHECK_THROWS_AS(space.encode(nats().spec(4)), UserError);
}

TEST_CASE("encoded space: refuses what is no map") {
  const std::vector<std::string> specs{nats().spec(3), nats().spec(17)};
  CHECK_THROWS_AS(
      EncodedSpace(nats(), specs, Eigen::MatrixXd::Ones(2, 2)), UserError);
  CHECK_THROWS_AS(
      EncodedSpace(nats(), specs, Eigen::MatrixXd::Ones(2, 3)),
      std::invalid_argument);
  Eigen::MatrixXd points = Eigen::MatrixXd::Identity(2, 2);
  points(0, 1) = std::nan("");
  CHECK_THROWS_AS(EncodedSpace(nats(), specs, points), UserError);
  CHECK_THROWS_AS(
      EncodedSpace(nats(), {specs[0]}, Eigen::MatrixXd::Ones(2, 1)), UserError);
}

TEST_CASE("encoded space: algorithms search among its points alone") {
  std::vector<std::string> specs;
  for (std::int64_t i = 0; i < nats().info().size; i += 3) {
    specs.push_back(nats().spec(i));
  }
  const EncodedSpace space(nats(), specs, adjacency_points(specs));
  const search::Feasible feasible = [&](const std::string& arch) {
    return space.has(arch);
  };
  constexpr std::array kAlgorithms{
      "random", "evolution", "local", "bayes", "reinforce"};
  for (const char* name : kAlgorithms) {
    CAPTURE(name);
    search::Settings settings;
    settings.seed = 2;
    const auto algorithm =
        search::make_algorithm(name, {space, feasible}, settings, 1);
    search::History history(1);
    Counter counter;
    search::run(*algorithm, counter, history, 60, search::Count::distinct);
    REQUIRE_EQ(history.size(), 60);
    for (const std::string& arch : history.archs()) CHECK(space.has(arch));
    if (name == std::string("bayes")) {
      CHECK_GE(history.value(*history.best()), 5);
    }
  }
}
