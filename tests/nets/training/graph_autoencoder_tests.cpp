// arch2vec's autoencoder against PyTorch: tests/reference/graph_autoencoder.py
// prints the expected values.
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "nets/training/graph_autoencoder.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::encodings;
using namespace zcp::training;

namespace {

NodeGraphs six_cells() {
  const std::array<std::array<const char*, 6>, 6> ops{
      {{"nor_conv_3x3",
        "nor_conv_3x3",
        "skip_connect",
        "nor_conv_1x1",
        "none",
        "avg_pool_3x3"},
       {"skip_connect",
        "nor_conv_3x3",
        "nor_conv_3x3",
        "avg_pool_3x3",
        "nor_conv_1x1",
        "nor_conv_1x1"},
       {"nor_conv_1x1",
        "skip_connect",
        "none",
        "nor_conv_3x3",
        "avg_pool_3x3",
        "skip_connect"},
       {"avg_pool_3x3",
        "none",
        "nor_conv_1x1",
        "nor_conv_3x3",
        "skip_connect",
        "nor_conv_3x3"},
       {"skip_connect",
        "skip_connect",
        "skip_connect",
        "nor_conv_3x3",
        "nor_conv_1x1",
        "avg_pool_3x3"},
       {"none",
        "nor_conv_1x1",
        "nor_conv_3x3",
        "skip_connect",
        "avg_pool_3x3",
        "none"}}};
  std::vector<std::string> specs;
  for (const auto& o : ops) {
    specs.push_back(
        std::string("|") + o[0] + "~0|+|" + o[1] + "~0|" + o[2] + "~1|+|" +
        o[3] + "~0|" + o[4] + "~1|" + o[5] + "~2|");
  }
  return node_graphs(encoded_pool(spaces::find_space("nats-tss"), specs));
}

std::vector<std::size_t> all_of(const NodeGraphs& graphs) {
  std::vector<std::size_t> all(graphs.graphs.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

AutoencoderOptions small_options() {
  AutoencoderOptions options;
  options.epochs = 4;
  options.batch_size = 8;
  options.learning_rate = 0.01;
  options.clip = 0.5;
  options.dropout = 0;
  options.layers = 2;
  options.hidden = 6;
  options.latent = 3;
  return options;
}

/// The formula of the reference, by the order of the parameters.
void fill_parameters(GraphAutoencoder& autoencoder) {
  const auto parameters = autoencoder.parameters();
  REQUIRE_EQ(parameters.size(), 24);
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    const auto& [name, values] = parameters[p];
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<float>(
          0.4 *
          std::sin(0.7 * static_cast<double>(i) + static_cast<double>(p) + 1));
      if (name.ends_with("scale")) values[i] += 1;
      if (name == "spread weight") values[i] = 0;
      if (name == "spread bias") values[i] = -30;
    }
  }
}

void check_codes(
    const std::vector<std::vector<float>>& codes,
    const std::array<double, 18>& expected) {
  REQUIRE_EQ(codes.size(), 6);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    CHECK(std::abs(codes[i / 3].at(i % 3) - expected[i]) < 5e-6);
  }
}

const AutoencoderProgress kGoOn = [](std::int64_t) { return true; };

}  // namespace

TEST_CASE("graph autoencoder: forward, loss, Adam and clip as in PyTorch") {
  const NodeGraphs graphs = six_cells();
  const auto all = all_of(graphs);
  GraphAutoencoder autoencoder(graphs, small_options());
  fill_parameters(autoencoder);
  check_codes(
      autoencoder.encode(all),
      {0.510627,
       0.561759,
       -0.096368,
       0.509882,
       0.561525,
       -0.095394,
       0.510496,
       0.5617,
       -0.096179,
       0.510502,
       0.561691,
       -0.096176,
       0.510547,
       0.561694,
       -0.096224,
       0.51106,
       0.561838,
       -0.096877});
  REQUIRE(autoencoder.train(all, kGoOn));
  const std::array losses{2.96782, 2.933898, 2.901522, 2.883766};
  REQUIRE_EQ(autoencoder.losses().size(), losses.size());
  for (std::size_t i = 0; i < losses.size(); ++i) {
    CHECK(std::abs(autoencoder.losses()[i] - losses[i]) < 5e-6);
  }
}

TEST_CASE("graph autoencoder: what it remembers of batches as in PyTorch") {
  // At rest: biases before a BatchNorm have gradients of rounding alone, of
  // which Adam makes steps that are another machine's.
  const NodeGraphs graphs = six_cells();
  const auto all = all_of(graphs);
  AutoencoderOptions options = small_options();
  options.learning_rate = 0;
  GraphAutoencoder autoencoder(graphs, options);
  fill_parameters(autoencoder);
  REQUIRE(autoencoder.train(all, kGoOn));
  check_codes(
      autoencoder.encode(all),
      {0.379126,
       0.541196,
       0.055296,
       0.376215,
       0.549077,
       0.05048,
       0.378046,
       0.544511,
       0.053125,
       0.377164,
       0.544719,
       0.053804,
       0.378181,
       0.546925,
       0.050625,
       0.379015,
       0.540218,
       0.056367});
  const Reconstruction found = autoencoder.reconstruct(all);
  CHECK_EQ(found.nodes, doctest::Approx(9.0 / 48));
  CHECK_EQ(found.edges, doctest::Approx(60.0 / 168));
  CHECK_EQ(found.whole, 0);
}

TEST_CASE("graph autoencoder: learns six cells by heart") {
  const NodeGraphs graphs = six_cells();
  const auto all = all_of(graphs);
  AutoencoderOptions options;
  options.epochs = 400;
  options.learning_rate = 0.01;
  options.batch_size = 6;
  options.hidden = 32;
  options.layers = 3;
  options.dropout = 0.05;
  options.seed = 5;
  GraphAutoencoder autoencoder(graphs, options);
  CHECK_THROWS_AS(autoencoder.sample(1, 0), std::logic_error);
  std::int64_t shown = 0;
  REQUIRE(autoencoder.train(all, [&](std::int64_t count) {
    shown += count;
    return true;
  }));
  CHECK_EQ(shown, 6 * 400);
  CHECK_LT(autoencoder.losses().back(), autoencoder.losses().front() / 2);
  const Reconstruction found = autoencoder.reconstruct(all);
  CHECK_GT(found.nodes, 0.75);
  CHECK_GT(found.edges, 0.85);
  for (const NodeGraph& graph : autoencoder.sample(4, 0)) {
    CHECK_EQ(graph.words.size(), 8);
    CHECK_EQ(graph.edges.size(), 64);
  }
}

TEST_CASE("graph autoencoder: what is random depends on its seed alone") {
  const NodeGraphs graphs = six_cells();
  const auto all = all_of(graphs);
  AutoencoderOptions options = small_options();
  options.dropout = 0.3;
  options.batch_size = 4;
  options.seed = 5;
  GraphAutoencoder one(graphs, options);
  GraphAutoencoder again(graphs, options);
  options.seed = 6;
  GraphAutoencoder other(graphs, options);
  for (auto* autoencoder : {&one, &again, &other}) {
    REQUIRE(autoencoder->train(all, kGoOn));
  }
  CHECK(again.losses() == one.losses());
  CHECK(again.encode(all) == one.encode(all));
  CHECK(again.sample(5, 1) == one.sample(5, 1));
  CHECK(again.sample(5, 1) != one.sample(5, 2));
  CHECK(other.losses() != one.losses());
}

TEST_CASE("graph autoencoder: its memory makes a copy, to the bit") {
  const NodeGraphs graphs = six_cells();
  const auto all = all_of(graphs);
  AutoencoderOptions options = small_options();
  options.dropout = 0.3;
  options.seed = 5;
  GraphAutoencoder trained(graphs, options);
  REQUIRE(trained.train(all, kGoOn));
  options.seed = 6;
  GraphAutoencoder copy(graphs, options);
  CHECK(copy.encode(all) != trained.encode(all));
  const auto from = trained.memory();
  const auto to = copy.memory();
  // 24 parameters, and what four norms have seen.
  REQUIRE_EQ(from.size(), 32);
  REQUIRE_EQ(to.size(), 32);
  CHECK_EQ(from.back().name, "layer 1 outer variance");
  for (std::size_t i = 0; i < from.size(); ++i) {
    REQUIRE_EQ(from[i].name, to[i].name);
    REQUIRE_EQ(from[i].values.size(), to[i].values.size());
    std::ranges::copy(from[i].values, to[i].values.begin());
  }
  CHECK(copy.encode(all) == trained.encode(all));
  const Reconstruction one = trained.reconstruct(all);
  const Reconstruction two = copy.reconstruct(all);
  CHECK_EQ(one.nodes, two.nodes);
  CHECK_EQ(one.edges, two.edges);
  CHECK_EQ(one.whole, two.whole);
}

TEST_CASE("graph autoencoder: a point is the same in other company") {
  const NodeGraphs graphs = six_cells();
  AutoencoderOptions options;  // as wide as usual: BLAS goes other ways
  GraphAutoencoder autoencoder(graphs, options);
  std::vector<std::size_t> many;
  for (std::size_t i = 0; i < 1003; ++i) many.push_back(i % 6);
  const auto codes = autoencoder.encode(many);
  for (std::size_t g = 0; g < 6; ++g) {
    const auto alone = autoencoder.encode(std::vector<std::size_t>{g});
    for (std::size_t i = g; i < many.size(); i += 6) {
      REQUIRE(codes[i] == alone[0]);
    }
  }
}

TEST_CASE("graph autoencoder: sizes are learnt beside words") {
  const std::vector<std::string> specs{
      "8:16:24:32:40", "64:8:8:8:64", "16:8:56:8:64", "24:24:24:48:48"};
  const NodeGraphs graphs =
      node_graphs(encoded_pool(spaces::find_space("nats-sss"), specs));
  const auto all = all_of(graphs);
  AutoencoderOptions options;
  options.epochs = 2;
  options.hidden = 8;
  options.layers = 1;
  GraphAutoencoder autoencoder(graphs, options);
  REQUIRE(autoencoder.train(all, kGoOn));
  CHECK_EQ(autoencoder.encode(all).size(), 4);
  const auto drawn = autoencoder.sample(3, 0);
  REQUIRE_EQ(drawn.size(), 3);
  CHECK_EQ(drawn[0].sizes.size(), graphs.nodes);
}

TEST_CASE("graph autoencoder: stops when it is told to") {
  const NodeGraphs graphs = six_cells();
  const auto all = all_of(graphs);
  GraphAutoencoder autoencoder(graphs, small_options());
  CHECK_FALSE(autoencoder.train(all, [](std::int64_t) { return false; }));
  CHECK(autoencoder.losses().empty());
  CHECK_THROWS_AS(autoencoder.train({}, kGoOn), std::invalid_argument);
  AutoencoderOptions options = small_options();
  options.hidden = 0;
  CHECK_THROWS_AS(GraphAutoencoder(graphs, options), std::invalid_argument);
}
