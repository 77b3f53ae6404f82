// Proxies of networks whose score follows from a line of algebra.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "common/random.h"
#include "nets/graph/graph.h"
#include "proxies/engine/evaluator.h"
#include "proxies/registry.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::engine;
using namespace zcp::proxies;

namespace {

const Shape kShape{3, 4, 4};
constexpr std::size_t kImage = 3 * 4 * 4;

Minibatch noise_batch(int size, int classes, std::uint64_t seed) {
  Minibatch minibatch{size, kShape, {}, {}};
  minibatch.x.resize(static_cast<std::size_t>(size) * kImage);
  minibatch.y.resize(static_cast<std::size_t>(size));
  fill_normal(minibatch.x, 1.0F, seed);
  fill_integers(minibatch.y, classes, seed);
  return minibatch;
}

/// Scores of a graph with given parameters.
std::vector<Score> scores_of(
    const graph::Graph& graph,
    const std::vector<float>& parameters,
    const std::vector<std::string>& names,
    const std::vector<Minibatch>& minibatches) {
  EvaluatorOptions options;
  options.batch_size = minibatches[0].size;
  options.minibatches = static_cast<int>(minibatches.size());
  options.precision = "fp64";
  const auto proxies = select_proxies(names);
  const Evaluator evaluator(
      proxies, options, kShape, graph.output_shape().channels, minibatches);
  return evaluator.score(graph, parameters, proxies);
}

/// Global average pool, then a classifier.
graph::Graph classifier(int classes) {
  graph::GraphBuilder builder(kShape);
  const auto y =
      builder.linear(builder.global_avg_pool(builder.input()), classes);
  return std::move(builder).finish(y);
}

graph::Attributes pointwise(int out) {
  graph::Attributes a;
  a.out_channels = out;
  a.window.kernel = 1;
  return a;
}

/// Convolution, ReLU, pool, classifier.
graph::Graph one_relu(int width) {
  graph::GraphBuilder builder(kShape);
  const auto y =
      builder.relu(builder.conv2d(builder.input(), pointwise(width)));
  const auto logits = builder.linear(builder.global_avg_pool(y), 2);
  return std::move(builder).finish(logits);
}

std::vector<float> random_parameters(const graph::Graph& graph) {
  std::vector<float> values(static_cast<std::size_t>(graph.params()));
  fill_normal(values, 1.0F, 5);
  return values;
}

/// The mean over samples and positions of each channel.
std::array<double, 3> mean_input(const Minibatch& minibatch) {
  std::array<double, 3> mean{};
  for (std::size_t i = 0; i < minibatch.x.size(); ++i) {
    mean[i / 16 % 3] +=
        static_cast<double>(minibatch.x[i]) / (16.0 * minibatch.size);
  }
  return mean;
}

}  // namespace

TEST_CASE("SynFlow of a chain of L layers is L times its output") {
  // |w| = 1, an input of ones: 3, then 3 * 4, then 12 * 5 an output.
  graph::GraphBuilder builder(kShape);
  auto y = builder.conv2d(builder.input(), pointwise(4));
  y = builder.relu(builder.conv2d(y, pointwise(5)));
  y = builder.linear(builder.global_avg_pool(y), 10);
  const graph::Graph graph = std::move(builder).finish(y);
  std::vector<float> parameters(static_cast<std::size_t>(graph.params()), 1);
  for (std::size_t i = 0; i < 4; ++i) parameters[i] = -1;  // signs do not count
  std::fill(parameters.end() - 10, parameters.end(), 0.0F);  // biases
  const auto scores =
      scores_of(graph, parameters, {"synflow"}, {noise_batch(4, 10, 1)});
  const double output = 10 * 3 * 4 * 5;
  CHECK(scores[0].value == doctest::Approx(3 * output).epsilon(1e-12));
}

TEST_CASE("ZiCo of opposite gradients is the log of the weights' number") {
  // Zero weights: p = (1/2, 1/2), so labels 0 and 1 have opposite gradients.
  Minibatch zeros = noise_batch(6, 2, 2);
  Minibatch ones = zeros;
  std::ranges::fill(zeros.y, 0);
  std::ranges::fill(ones.y, 1);
  const graph::Graph graph = classifier(2);
  const auto scores = scores_of(
      graph,
      std::vector<float>(static_cast<std::size_t>(graph.params())),
      {"zico", "grad_norm", "snip", "grad_norm_total"},
      {zeros, ones});
  CHECK(scores[0].value == doctest::Approx(std::log(6.0)).epsilon(1e-9));
  // dW = (p - y) mean(x)^T with p - y = (-1/2, 1/2); db = p - y.
  double squares = 0;
  for (const double m : mean_input(zeros)) squares += m * m;
  CHECK(
      scores[1].value == doctest::Approx(std::sqrt(squares / 2)).epsilon(1e-6));
  CHECK(scores[2].value == 0);
  CHECK(
      scores[3].value ==
      doctest::Approx(std::sqrt(squares / 2 + 0.5)).epsilon(1e-6));
}

TEST_CASE("gradients that are equal in every minibatch do not count in ZiCo") {
  // Three times a number, divided by three, need not be the number.
  const Minibatch minibatch = noise_batch(6, 2, 2);
  const graph::Graph graph = classifier(2);
  const auto scores = scores_of(
      graph,
      random_parameters(graph),
      {"zico"},
      {minibatch, minibatch, minibatch});
  CHECK(scores[0].value == 0);
}

TEST_CASE("a pixel that is not a number leaves no ZiCo, and is named") {
  std::vector<Minibatch> minibatches{
      noise_batch(6, 2, 2), noise_batch(6, 2, 3)};
  minibatches[1].x[0] = std::nanf("");
  const graph::Graph graph = classifier(2);
  const auto scores = scores_of(
      graph, random_parameters(graph), {"zico", "zico_bc"}, minibatches);
  REQUIRE(scores.size() == 2);
  for (const Score& score : scores) {
    CHECK(score.status == ScoreStatus::degenerate);
    CHECK(
        score.reason ==
        "the images hold NaN (first in image 6, counted from 0)");
  }
}

TEST_CASE("jacob_cov of a linear network: all rows of the Jacobian equal") {
  const int batch = 5;
  const graph::Graph graph = classifier(4);
  const auto scores = scores_of(
      graph,
      random_parameters(graph),
      {"jacob_cov"},
      {noise_batch(batch, 4, 3)});
  const double k = 1e-5;
  const double expected =
      -(std::log(batch + k) + 1 / (batch + k) +
        (batch - 1) * (std::log(k) + 1 / k));
  REQUIRE(scores[0].status == ScoreStatus::ok);
  // The zero eigenvalues come out at the size of rounding, 1e-15 against k.
  CHECK(scores[0].value == doctest::Approx(expected).epsilon(1e-6));
}

TEST_CASE("NASWOT: equal samples have no score, their order none either") {
  const graph::Graph graph = one_relu(8);
  const auto parameters = random_parameters(graph);
  Minibatch batch = noise_batch(5, 2, 4);
  const Score score = scores_of(graph, parameters, {"naswot"}, {batch})[0];
  REQUIRE(score.status == ScoreStatus::ok);
  std::rotate(
      batch.x.begin(),
      batch.x.begin() + static_cast<std::ptrdiff_t>(2 * kImage),
      batch.x.end());
  CHECK(
      scores_of(graph, parameters, {"naswot"}, {batch})[0].value ==
      doctest::Approx(score.value).epsilon(1e-12));
  std::copy_n(
      batch.x.begin(),
      kImage,
      batch.x.begin() + static_cast<std::ptrdiff_t>(kImage));
  const Score equal = scores_of(graph, parameters, {"naswot"}, {batch})[0];
  CHECK(equal.status == ScoreStatus::degenerate);
  CHECK_FALSE(equal.reason.empty());
}

TEST_CASE("NASWOT of a single sample is the log of its units") {
  const graph::Graph graph = one_relu(8);
  const auto scores = scores_of(
      graph, random_parameters(graph), {"naswot"}, {noise_batch(1, 2, 6)});
  CHECK(scores[0].value == doctest::Approx(std::log(8.0 * 16)));
}

TEST_CASE("a network without ReLU has no NASWOT, and the others theirs") {
  const graph::Graph graph = classifier(3);
  const auto scores = scores_of(
      graph,
      random_parameters(graph),
      {"naswot", "params", "macs", "stable_rank", "grad_norm"},
      {noise_batch(4, 3, 7)});
  CHECK(scores[0].status == ScoreStatus::degenerate);
  CHECK(scores[1].value == 12);
  CHECK(scores[2].value == 12);
  CHECK(scores[3].status == ScoreStatus::degenerate);
  CHECK(scores[4].value > 0);
}

TEST_CASE("NN-Mass and NN-Degree of one residual block, by hand") {
  // 3 channels in, two convolutions of 3: (3 + 3), 3 + 3 / (3 + 3).
  graph::GraphBuilder builder(kShape);
  const auto inner =
      builder.relu(builder.conv2d(builder.input(), pointwise(3)));
  const auto branch = builder.conv2d(inner, pointwise(3));
  const auto sum = builder.add(std::array{branch, builder.input()});
  const auto logits = builder.linear(builder.global_avg_pool(sum), 2);
  const graph::Graph graph = std::move(builder).finish(logits);
  const auto scores = scores_of(
      graph,
      random_parameters(graph),
      {"nn_mass", "nn_degree"},
      {noise_batch(2, 2, 1)});
  CHECK(scores[0].value == 6);
  CHECK(scores[1].value == 3.5);
  const graph::Graph plain = one_relu(4);
  CHECK(
      scores_of(
          plain,
          random_parameters(plain),
          {"nn_mass"},
          {noise_batch(2, 2, 1)})[0]
          .status == ScoreStatus::degenerate);
}

namespace {

/// A network as the authors of DeepMAD and STEntr write theirs down: a stem
/// 3x3 of stride 2, then blocks in -> bottleneck -> out with shortcuts that
/// pool and project.
struct Block {
  int out;
  int bottleneck;
  int kernel;
  int stride;
  int layers = 1;
};

graph::Graph
tiny_nas(int stem, const std::vector<Block>& blocks, bool depthwise, int tail) {
  graph::GraphBuilder graph({3, 224, 224});
  using Value = graph::GraphBuilder::Value;
  const auto conv =
      [&](Value x, int out, int kernel, int stride = 1, int groups = 1) {
        graph::Attributes a;
        a.out_channels = out;
        a.groups = groups;
        a.window = {.kernel = kernel, .stride = stride, .padding = kernel / 2};
        return graph.batch_norm(graph.conv2d(x, a));
      };
  Value x = graph.relu(conv(graph.input(), stem, 3, 2));
  for (const Block& block : blocks) {
    for (int i = 0; i < block.layers; ++i) {
      const int stride = i == 0 ? block.stride : 1;
      const int groups = depthwise ? block.bottleneck : 1;
      Value y = graph.relu(conv(x, block.bottleneck, 1));
      y = graph.relu(conv(y, block.bottleneck, block.kernel, stride, groups));
      y = conv(y, block.out, 1);
      Value shortcut = stride == 2 ? graph.avg_pool(x, 2, 2, 0) : x;
      if (graph.shape(x).channels != block.out) {
        shortcut = conv(shortcut, block.out, 1);
      }
      x = graph.relu(graph.add(std::array{y, shortcut}));
    }
  }
  if (tail > 0) x = graph.relu(conv(x, tail, 1));
  return std::move(graph).finish(graph.linear(graph.global_avg_pool(x), 1000));
}

}  // namespace

TEST_CASE("DeepMAD and STEntr equal their authors' program") {
  // Computed by alibaba/lightweight-neural-architecture-search at 8ccaf88, of
  // configs/classification: deepmad_R18_FLOPs.py, models/deepmad-R18.txt and
  // MBV2_FLOPs.py; STEntr of the last by 3d blocks with one frame.
  struct Case {
    graph::Graph graph;
    double deepmad;
    double effectiveness;
  };
  const std::vector<Case> cases{
      {tiny_nas(
           32,
           {{256, 64, 3, 2},
            {512, 128, 3, 2},
            {768, 256, 3, 2},
            {1024, 256, 3, 1},
            {2048, 512, 3, 2}},
           false,
           0),
       5228.0123288633295,
       0.0532452586871894},
      {tiny_nas(
           32,
           {{96, 40, 5, 2},
            {384, 40, 5, 2, 6},
            {384, 64, 5, 2, 9},
            {1024, 104, 3, 1, 10},
            {672, 104, 5, 2, 12}},
           false,
           0),
       32120.203451603797,
       0.2990955537315473},
      {tiny_nas(
           16,
           {{24, 48, 3, 2},
            {48, 96, 3, 2},
            {64, 128, 3, 2},
            {96, 192, 3, 1},
            {192, 384, 3, 2}},
           true,
           1280),
       3189.249338136055,
       0.4282801777053412}};
  const auto proxies =
      select_proxies({"deepmad", "deepmad_effectiveness", "stentr"});
  EvaluatorOptions options;
  options.batch_size = 1;
  const Evaluator evaluator(proxies, options, {3, 224, 224}, 1000, {});
  for (const Case& one : cases) {
    const auto scores = evaluator.score(one.graph, proxies);
    CHECK(scores[0].value == doctest::Approx(one.deepmad).epsilon(1e-12));
    CHECK(
        scores[1].value == doctest::Approx(-one.effectiveness).epsilon(1e-12));
  }
  const auto last = evaluator.score(cases.back().graph, proxies);
  CHECK(last[2].value == doctest::Approx(42.62453001555404).epsilon(1e-12));
}

TEST_CASE("STEntr of a kernel of the size of its map does not exist") {
  graph::GraphBuilder builder({3, 5, 5});
  graph::Attributes five;
  five.out_channels = 4;
  five.window = {.kernel = 5, .padding = 2};
  const auto y = builder.conv2d(builder.input(), five);
  const graph::Graph graph =
      std::move(builder).finish(builder.linear(builder.global_avg_pool(y), 2));
  const auto proxies = select_proxies({"stentr", "deepmad"});
  EvaluatorOptions options;
  const Evaluator evaluator(proxies, options, {3, 5, 5}, 2, {});
  const auto scores = evaluator.score(graph, proxies);
  CHECK(scores[0].status == ScoreStatus::degenerate);
  CHECK(scores[0].reason.find("kernel") != std::string::npos);
  CHECK(scores[1].status == ScoreStatus::ok);
}

TEST_CASE("in front of BatchNorm plain vanishes and GraSP is ||g||^2") {
  // conv -> BatchNorm -> ReLU -> pool -> classifier: the convolution's weight
  // is scale invariant, up to BatchNorm's epsilon.
  graph::GraphBuilder builder(kShape);
  auto y = builder.conv2d(builder.input(), pointwise(6));
  y = builder.relu(builder.batch_norm(y));
  y = builder.linear(builder.global_avg_pool(y), 2);
  const graph::Graph graph = std::move(builder).finish(y);
  auto parameters = random_parameters(graph);
  // Large weights make epsilon small; a classifier of zeros in plain's sum.
  for (std::size_t i = 0; i < 18; ++i) parameters[i] *= 100;
  const Minibatch batch = noise_batch(8, 2, 8);
  const auto plain = scores_of(graph, parameters, {"plain"}, {batch})[0];
  auto without_classifier = parameters;
  const auto snip = scores_of(graph, parameters, {"snip"}, {batch})[0];
  REQUIRE(plain.status == ScoreStatus::ok);
  // What is left of plain is the classifier's: scaling the convolution changes
  // nothing.
  for (std::size_t i = 0; i < 18; ++i) without_classifier[i] *= 3;
  const auto scaled =
      scores_of(graph, without_classifier, {"plain", "snip"}, {batch});
  CHECK(std::abs(scaled[0].value - plain.value) < 1e-5 * snip.value);
  CHECK(scaled[1].value == doctest::Approx(snip.value).epsilon(1e-4));
}
