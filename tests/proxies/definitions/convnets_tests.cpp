// The networks of the spaces: against PyTorch on the same weights
// (tests/reference/convnets.py), and under every proxy.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/random.h"
#include "nets/networks/graph_network.h"
#include "nets/spaces/space.h"
#include "proxies/engine/evaluator.h"
#include "proxies/registry.h"
// After LibTorch, whose CHECK macros it replaces.
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::engine;
using namespace zcp::proxies;

namespace {

/// numbers() of convnets.py.
std::vector<float> formula(std::int64_t count, std::uint64_t stream) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::uint64_t index =
        static_cast<std::uint64_t>(i) + 1000003 * stream;
    const auto mixed = static_cast<std::uint32_t>(index * 2654435761U);
    values.push_back(static_cast<float>(mixed / 4294967296.0 - 0.5));
  }
  return values;
}

/// The weights as the reference fills them: scales of BatchNorm around one.
std::vector<float> weights(const graph::Graph& graph) {
  std::vector<float> values = formula(graph.params(), 0);
  std::size_t begin = 0;
  for (const graph::Layer& layer : graph.layers()) {
    const auto count = static_cast<std::size_t>(layer.params);
    if (layer.op == graph::Op::batch_norm) {
      for (std::size_t i = 0; i < count / 2; ++i) values[begin + i] += 1.0F;
    }
    begin += count;
  }
  return values;
}

constexpr int kBatch = 4;
constexpr int kClasses = 10;

std::vector<Minibatch> minibatches(Shape shape) {
  std::vector<Minibatch> all;
  for (std::uint64_t i = 0; i < 2; ++i) {
    Minibatch minibatch{kBatch, shape, {}, {}};
    minibatch.x.resize(kBatch * static_cast<std::size_t>(shape.elements()));
    minibatch.y.resize(kBatch);
    fill_normal(minibatch.x, 1.0F, i);
    fill_integers(minibatch.y, kClasses, i);
    minibatch.y[1] = minibatch.y[0];  // epe_nas compares samples of a class
    all.push_back(std::move(minibatch));
  }
  return all;
}

/// A small member of a space, and the proxies that have no score on it.
struct Member {
  std::string space;
  std::string spec;
  spaces::Skeleton skeleton;
  std::string without;
};

/// Scores a member by every proxy of one folding and checks that each has a
/// score, but for those that are to say why not.
void score_by_all(const Member& member, graph::Folding folding) {
  constexpr Shape kShape{3, 32, 32};
  std::vector<const Descriptor*> proxies;
  for (const Descriptor* proxy : select_proxies({"all"})) {
    if (proxy->name == "knas") continue;  // takes four minibatches
    // Of residual blocks, which some members have: oracle_tests.cpp.
    if (proxy->name.starts_with("nn_")) continue;
    // Of layers one after another: above.
    if (proxy->family == "entropy") continue;
    if (proxy->needs.folding == folding) proxies.push_back(proxy);
  }
  EvaluatorOptions options;
  options.batch_size = kBatch;
  const Evaluator evaluator(
      proxies, options, kShape, kClasses, minibatches(kShape));
  const auto scores = evaluator.score(
      spaces::find_space(member.space)
          .build(member.spec, kShape, kClasses, member.skeleton, folding),
      proxies);
  for (std::size_t i = 0; i < proxies.size(); ++i) {
    INFO(
        member.space << " " << member.spec << " " << proxies[i]->name << ": "
                     << scores[i].value << " " << scores[i].reason);
    const bool transformers = proxies[i]->needs.pass == PassKind::signs ||
                              proxies[i]->family == "attention";
    const bool expected =
        !transformers &&
        (" " + member.without + " ").find(" " + proxies[i]->name + " ") ==
            std::string::npos;
    CHECK((scores[i].status == ScoreStatus::ok) == expected);
    if (scores[i].status == ScoreStatus::ok) {
      CHECK(std::isfinite(scores[i].value));
    } else {
      CHECK(!scores[i].reason.empty());
    }
  }
}

}  // namespace

TEST_CASE("networks of the spaces equal PyTorch's on the same weights") {
  std::ifstream file(zcp::test::golden("convnets.json"));
  REQUIRE(file);
  const auto entries = nlohmann::json::parse(file);
  CHECK(entries.size() == 13);
  const at::NoGradGuard no_grad;
  for (const auto& entry : entries) {
    const std::string spec = entry["spec"];
    const spaces::Space& space = spaces::find_space(entry["space"]);
    CAPTURE(spec);
    CHECK(space.normalise(spec) == spec);
    const int size = entry["size"];
    const graph::Graph graph = space.build(
        spec,
        {3, size, size},
        kClasses,
        {entry["channels"], entry["cells"], true},
        graph::Folding::as_declared);
    REQUIRE(graph.params() == entry["params"].get<std::int64_t>());
    const auto network =
        networks::make_graph_network(graph, weights(graph), at::kDouble);
    const std::vector<float> pixels = formula(kBatch * 3 * size * size, 1);
    const at::Tensor x =
        at::tensor(pixels).reshape({kBatch, 3, size, size}).to(at::kDouble);
    const at::Tensor output =
        network->forward(x, networks::BatchNormMode::batch_statistics, nullptr);
    const auto values = entry["output"].get<std::vector<double>>();
    const at::Tensor expected = at::tensor(values, at::kDouble);
    const double largest = expected.abs().max().item<double>();
    const double error =
        (output.flatten() - expected).abs().max().item<double>();
    INFO("largest " << largest << ", error " << error);
    CHECK(error <= 1e-9 * largest);
  }
}

TEST_CASE("closed formulas of stages equal PyTorch's hooks on the spaces") {
  std::ifstream file(zcp::test::golden("convnets.json"));
  REQUIRE(file);
  int scored = 0;
  for (const auto& entry : nlohmann::json::parse(file)) {
    const int size = entry["size"];
    const std::string spec = entry["spec"];
    CAPTURE(spec);
    const auto proxies =
        select_proxies({"deepmad", "deepmad_effectiveness", "stentr"});
    const Shape shape{3, size, size};
    EvaluatorOptions options;
    options.batch_size = kBatch;
    const Evaluator evaluator(
        proxies, options, shape, kClasses, minibatches(shape));
    const auto scores = evaluator.score(
        spaces::find_space(entry["space"])
            .build(
                spec,
                shape,
                kClasses,
                {entry["channels"], entry["cells"], true}),
        proxies);
    REQUIRE(scores.size() == 3);
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const auto& expected = entry["scores"].at(proxies[i]->name);
      INFO(proxies[i]->name << ": " << scores[i].reason);
      if (expected.is_null()) {
        CHECK(scores[i].status == ScoreStatus::degenerate);
        continue;
      }
      REQUIRE(scores[i].status == ScoreStatus::ok);
      CHECK(
          scores[i].value ==
          doctest::Approx(expected.get<double>()).epsilon(1e-12));
      ++scored;
    }
  }
  CHECK(scored == 3 * 8);
}

TEST_CASE("every proxy scores a member of each space or says why not") {
  // dss scores transformers; of a layer that is the identity trainability has
  // no term; a BatchNorm of one number a channel, which squeeze and excitation
  // has, does not take single samples.
  const std::vector<Member> members{
      {"nats-sss", "8:16:8:16:8", {}, "dss"},
      {"nas-bench-101",
       "01001-00111-00011-00001-00000|input,conv3x3-bn-relu,maxpool3x3,"
       "conv3x3-bn-relu,output",
       {10, 1, true},
       "dss"},
      {"nas-bench-macro", "12112111", {4, 0, true}, "dss"},
      {"nas-bench-macro", "12012100", {4, 0, true}, "dss trainability"},
      {"resnet", "cifar-basic-1.1.1-8.8.16", {}, "dss"},
      {"mobilenet-v2",
       "SuperConvK3BNRELU(3,8,2,1)SuperResIDWE2K3(8,16,2,8,1)"
       "SuperConvK1BNRELU(16,32,1,1)",
       {},
       "dss"},
      {"mobilenet-v2",
       "SuperConvK3BNRELU(3,8,2,1)SuperResIDWE2K3(8,16,2,8,1)"
       "SuperConvK1BNRELU(16,32,1,1)+SE",
       {},
       "dss synflow_bn gradsign"}};
  for (const Member& member : members) {
    score_by_all(member, graph::Folding::functional);
    score_by_all(member, graph::Folding::as_declared);
  }
}
