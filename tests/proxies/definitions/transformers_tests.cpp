// Transformers of the spaces against PyTorch modules with the same weights, and
// their proxies against hooks on those (tests/reference/transformers.py).
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "nets/networks/padding_mask.h"
#include "nets/networks/program_network.h"
#include "nets/spaces/space.h"
#include "proxies/engine/evaluator.h"
#include "proxies/registry.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::engine;
using namespace zcp::proxies;
using nlohmann::json;

namespace {

constexpr std::int64_t kWords = 30522;

std::uint32_t name_hash(const std::string& name) {
  std::uint32_t hash = 0x811C9DC5U;
  for (const char c : name) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193U;
  }
  return hash;
}

/// In [0, 1): transformers.py has the same.
double uniform(std::size_t number, std::uint32_t name) {
  std::uint32_t z = (static_cast<std::uint32_t>(number) + name) * 0x9E3779B9U;
  z = (z ^ (z >> 16U)) * 0x85EBCA6BU;
  z = (z ^ (z >> 13U)) * 0xC2B2AE35U;
  return (z ^ (z >> 16U)) / 4294967296.0;
}

std::vector<float> weights_of(const graph::Program& program) {
  std::vector<float> values;
  for (const graph::ProgramParameter& one : program.parameters) {
    const bool vector = one.sizes.size() == 1;
    const bool norm = vector && one.name.ends_with("weight");
    const std::uint32_t name = name_hash(one.name);
    const auto count = static_cast<std::size_t>(one.elements());
    for (std::size_t i = 0; i < count; ++i) {
      const double u = 2 * uniform(i, name) - 1;
      values.push_back(
          static_cast<float>(norm ? 1 + 0.5 * u : (vector ? 0.1 : 0.12) * u));
    }
  }
  return values;
}

struct Case {
  graph::Graph graph;
  Shape shape;
  Output output;
  std::vector<Minibatch> minibatches;
};

Minibatch minibatch(
    const Shape& shape,
    std::size_t index,
    std::size_t samples,
    int classes,
    bool words,
    bool padded) {
  Minibatch made{static_cast<int>(samples), shape, {}, {}};
  const auto elements = static_cast<std::size_t>(shape.elements());
  const std::uint32_t name = name_hash(words ? "words" : "images");
  for (std::size_t i = 0; i < samples * elements; ++i) {
    const double u = uniform(index * samples * elements + i, name);
    made.x.push_back(
        static_cast<float>(words ? std::floor(u * kWords) : 2 * u - 1));
    const std::size_t text = index * samples + i / elements;
    if (padded && i % elements >= elements - 5 * text % 9) {
      made.x.back() = -1 - made.x.back();
    }
  }
  for (std::size_t i = 0; classes > 0 && i < samples; ++i) {
    made.y.push_back(static_cast<std::int64_t>(
        uniform(index * samples + i, name_hash("labels")) * classes));
  }
  made.vocabulary = words ? kWords : 0;
  return made;
}

Case read_case(const json& of) {
  const bool words = of["space"] == "flexibert";
  const int size = of["size"];
  const int classes = of["classes"];
  const Shape shape = words ? Shape{1, size, 1} : Shape{3, size, size};
  const Output output(classes, classes > 0 ? Head::classes : Head::tokens);
  Case made{
      spaces::find_space(of["space"].get<std::string>())
          .build(of["spec"].get<std::string>(), shape, output),
      shape,
      output,
      {}};
  for (const std::size_t i : {0U, 1U}) {
    made.minibatches.push_back(minibatch(
        shape,
        i,
        of["samples"].get<std::size_t>(),
        classes,
        words,
        of["padded"].get<bool>()));
  }
  return made;
}

json read_cases() {
  std::ifstream in(zcp::test::golden("transformers.json"));
  REQUIRE(in);
  json file = json::parse(in);
  REQUIRE(file.size() == 8);
  return file;
}

}  // namespace

TEST_CASE("transformers of the spaces compute what PyTorch modules compute") {
  for (const json& of : read_cases()) {
    INFO(of["spec"].get<std::string>());
    const Case one = read_case(of);
    REQUIRE(one.graph.program() != nullptr);
    const graph::Program& plain = *one.graph.program();
    const auto network = networks::make_program_network(
        of["padded"].get<bool>() ? networks::with_mask(plain) : plain,
        weights_of(plain),
        at::kDouble);
    const Minibatch& host = one.minibatches[0];
    at::Tensor x = at::tensor(host.x, at::kDouble);
    x = host.vocabulary > 0
            ? x.view({host.size, one.shape.height}).to(at::kLong)
            : x.view({host.size, 3, one.shape.height, one.shape.width});
    const at::NoGradGuard no_grad;
    const at::Tensor output =
        network->forward(x, networks::BatchNormMode::batch_statistics, nullptr);
    const at::Tensor flat = output.contiguous().flatten();
    const json& expected = of["output"];
    REQUIRE(expected.size() >= 12);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const auto at =
          static_cast<std::int64_t>(i * of["every"].get<std::size_t>());
      const double value = expected[i];
      CHECK(
          std::abs(flat[at].item<double>() - value) <=
          1e-6 * std::max(1.0, std::abs(value)));
    }
    // Where words are wanted as real numbers, their embeddings are the same.
    const at::Tensor again = network->forward_embedded(
        network->embed(x),
        x,
        networks::BatchNormMode::batch_statistics,
        nullptr);
    CHECK(at::equal(again, output));
  }
}

TEST_CASE("proxies of transformers equal hooks on PyTorch modules") {
  for (const json& of : read_cases()) {
    const Case one = read_case(of);
    std::vector<const Descriptor*> proxies;
    for (const auto& [name, value] : of["scores"].items()) {
      proxies.push_back(&find_proxy(name));
    }
    REQUIRE(proxies.size() >= 11);
    EvaluatorOptions options;
    options.batch_size = of["samples"];
    options.precision = "fp64";
    if (one.minibatches[0].vocabulary == 0) {
      options.noise.inputs = one.minibatches[0].x;
    }
    for (std::size_t i = 0; i < std::size_t{1} << 16U; ++i) {
      options.noise.signs.push_back(
          uniform(i, name_hash("signs")) < 0.5 ? -1.0F : 1.0F);
    }
    const Evaluator evaluator(
        proxies, options, one.shape, one.output, one.minibatches);
    const auto scores =
        evaluator.score(one.graph, weights_of(*one.graph.program()), proxies);
    for (std::size_t i = 0; i < proxies.size(); ++i) {
      const json& expected = of["scores"][proxies[i]->name];
      INFO(
          of["spec"].get<std::string>()
          << " " << proxies[i]->name << ": " << scores[i].value << " "
          << scores[i].reason << ", expected " << expected);
      if (expected.is_null()) {
        CHECK(scores[i].status != ScoreStatus::ok);
        continue;
      }
      REQUIRE(scores[i].status == ScoreStatus::ok);
      const double value = expected;
      CHECK(std::abs(scores[i].value - value) <= 1e-6 * std::abs(value));
    }
  }
}
