// Networks of the spaces against a straightforward PyTorch implementation on
// the same weights (tests/reference/spaces.py and make_spaces.py), and every
// proxy on every kind of task.
#include <ATen/ATen.h>

#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "nets/networks/graph_network.h"
#include "nets/spaces/space.h"
#include "proxies/engine/evaluator.h"
#include "proxies/registry.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::engine;
using namespace zcp::proxies;
using nlohmann::json;

namespace {

constexpr int kBatch = 6;

enum Purpose : std::uint32_t { weights, inputs, targets, scale, offset };

/// In [0, 1): make_spaces.py has the same.
double uniform(std::size_t number, Purpose purpose) {
  std::uint32_t z = (static_cast<std::uint32_t>(number) +
                     (static_cast<std::uint32_t>(purpose) << 24U)) *
                    0x9E3779B9U;
  z = (z ^ (z >> 16U)) * 0x85EBCA6BU;
  z = (z ^ (z >> 13U)) * 0xC2B2AE35U;
  return (z ^ (z >> 16U)) / 4294967296.0;
}

float number(std::size_t i, Purpose purpose) {
  return static_cast<float>((2 * uniform(i, purpose) - 1) * std::sqrt(3.0));
}

std::vector<float> numbers(std::size_t count, Purpose purpose, std::size_t at) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = number(at + i, purpose);
  return values;
}

/// All parameters in declared order.
std::vector<float> weights_of(const graph::Graph& graph) {
  std::vector<float> values;
  const auto next = [&] { return uniform(values.size(), weights); };
  for (const graph::Layer& layer : graph.layers()) {
    const graph::Attributes& a = layer.attributes;
    const bool norm = layer.op == graph::Op::batch_norm;
    const std::int64_t shifts = norm     ? layer.params / 2
                                : a.bias ? a.out_channels
                                         : 0;
    const std::int64_t rest = layer.params - shifts;
    const double bound =
        norm ? 0 : std::sqrt(3.0 / static_cast<double>(rest / a.out_channels));
    for (std::int64_t i = 0; i < rest; ++i) {
      const double u = next();
      values.push_back(
          static_cast<float>(norm ? 0.5 + u : (2 * u - 1) * bound));
    }
    for (std::int64_t i = 0; i < shifts; ++i) {
      values.push_back(static_cast<float>((2 * next() - 1) * 0.1));
    }
  }
  return values;
}

/// A case of the golden file.
struct Case {
  const spaces::Space* space;
  std::string spec;
  Shape input;
  Output output{0};
  spaces::Skeleton skeleton;
  Loss loss;
  bool scaled;
};

Case read_case(const json& of) {
  const std::map<std::string, Head> heads{
      {"classes", Head::classes},
      {"vector", Head::vector},
      {"pixel_classes", Head::pixel_classes},
      {"pixels", Head::pixels}};
  const std::map<std::string, Loss> losses{
      {"cross_entropy", Loss::cross_entropy},
      {"squared_error", Loss::squared_error},
      {"absolute_error", Loss::absolute_error},
      {"relative_l2", Loss::relative_l2}};
  return {
      &spaces::find_space(of["space"].get<std::string>()),
      of["spec"].get<std::string>(),
      {of["input"][0], of["input"][1], of["input"][2]},
      {of["outputs"].get<int>(), heads.at(of["head"].get<std::string>())},
      {of["skeleton"][0], of["skeleton"][1], true},
      losses.at(of["loss"].get<std::string>()),
      of["scaled"].get<bool>()};
}

std::vector<Case> read_cases(json& file) {
  std::ifstream in(zcp::test::golden("space_networks.json"));
  REQUIRE(in);
  file = json::parse(in);
  std::vector<Case> cases;
  for (const json& of : file) cases.push_back(read_case(of));
  return cases;
}

/// Minibatch `index` of the case's kind of targets.
Minibatch minibatch(const Case& of, std::size_t index) {
  const auto pixels = static_cast<std::size_t>(of.input.height) *
                      static_cast<std::size_t>(of.input.width);
  const auto channels = static_cast<std::size_t>(of.output.channels);
  const bool dense =
      of.output.head == Head::pixels || of.output.head == Head::pixel_classes;
  const std::size_t places = dense ? pixels : 1;
  const auto elements = static_cast<std::size_t>(of.input.elements());
  Minibatch made{kBatch, of.input, {}, {}};
  made.x = numbers(kBatch * elements, inputs, index * kBatch * elements);
  if (of.loss == Loss::cross_entropy) {
    const std::size_t count = kBatch * places;
    for (std::size_t i = 0; i < count; ++i) {
      made.y.push_back(static_cast<std::int64_t>(
          uniform(index * count + i, targets) * of.output.channels));
    }
    return made;
  }
  const std::size_t count = kBatch * places * channels;
  made.numbers = numbers(count, targets, index * count);
  if (of.scaled) {
    for (std::size_t i = 0; i < places * channels; ++i) {
      made.scale.push_back(static_cast<float>(0.5 + uniform(i, scale)));
      made.offset.push_back(static_cast<float>(uniform(i, offset) - 0.5));
    }
  }
  return made;
}

Evaluator make_evaluator(
    const Case& of,
    const std::vector<const Descriptor*>& proxies,
    const std::string& precision) {
  EvaluatorOptions options;
  options.batch_size = kBatch;
  options.precision = precision;
  options.loss = of.loss;
  return {
      proxies,
      options,
      of.input,
      of.output,
      {minibatch(of, 0), minibatch(of, 1)}};
}

graph::Graph build(const Case& of, graph::Folding folding) {
  return of.space->build(of.spec, of.input, of.output, of.skeleton, folding);
}

bool close(double found, double expected, double tolerance) {
  return std::abs(found - expected) <=
         tolerance * std::max(std::abs(expected), 1e-9);
}

}  // namespace

TEST_CASE("networks of the spaces give what PyTorch gives") {
  json file;
  const auto cases = read_cases(file);
  for (std::size_t k = 0; k < cases.size(); ++k) {
    const Case& of = cases[k];
    INFO(of.space->info().name << " " << of.spec);
    const graph::Graph graph = build(of, graph::Folding::functional);
    const auto network = networks::make_graph_network(
        graph, weights_of(graph), at::TensorOptions(at::kDouble));
    const Minibatch batch = minibatch(of, 0);
    at::Tensor x = at::empty(
        {kBatch, of.input.channels, of.input.height, of.input.width},
        at::kFloat);
    std::ranges::copy(batch.x, x.data_ptr<float>());
    const at::Tensor output = network->forward(
        x.to(at::kDouble), networks::BatchNormMode::batch_statistics, nullptr);
    CHECK(
        output.sizes() == file[k]["output_shape"].get<std::vector<int64_t>>());
    const at::Tensor flat = output.contiguous().flatten();
    const auto every = file[k]["every"].get<std::int64_t>();
    std::int64_t place = 0;
    for (const json& expected : file[k]["output"]) {
      CHECK(
          std::abs(flat[place].item<double>() - expected.get<double>()) <=
          1e-9);
      place += every;
    }
  }
}

/// Whether the PyTorch reference found that the proxy's gradients are 0 but for
/// rounding.
bool is_noise(const json& of, const std::string& proxy) {
  const json& noise = of["rounding_noise"];
  const bool jacobian = proxy == "epe_nas" || proxy == "jacobian_cosine";
  const json name = jacobian ? "jacob_cov" : proxy;
  return std::ranges::find(noise, name) != noise.end();
}

TEST_CASE("proxies of the spaces' networks equal the PyTorch reference") {
  json file;
  const auto cases = read_cases(file);
  for (std::size_t k = 0; k < cases.size(); ++k) {
    const Case& of = cases[k];
    std::vector<std::string> names;
    for (const auto& [name, value] : file[k]["scores"].items()) {
      names.push_back(name);
    }
    const auto proxies = select_proxies(names);
    const Evaluator evaluator = make_evaluator(of, proxies, "fp64");
    // Every layer is read: both foldings are the same network.
    const graph::Graph graph = build(of, graph::Folding::functional);
    const auto scores = evaluator.score(graph, weights_of(graph), proxies);
    const double snip = file[k]["scores"]["snip"].get<double>();
    for (std::size_t i = 0; i < proxies.size(); ++i) {
      const json& expected = file[k]["scores"][names[i]];
      INFO(
          of.space->info().name << " " << of.spec << " " << names[i] << " "
                                << scores[i].value << " expected " << expected
                                << " " << scores[i].reason);
      if (expected.is_null()) {
        CHECK(scores[i].status != ScoreStatus::ok);
        continue;
      }
      if (is_noise(file[k], names[i])) {
        CHECK(scores[i].reason.find("rounding noise") != std::string::npos);
        continue;
      }
      REQUIRE(scores[i].status == ScoreStatus::ok);
      if (names[i] == "plain") {  // a cancelling sum
        CHECK(
            std::abs(scores[i].value - expected.get<double>()) <= 1e-6 * snip);
      } else {
        CHECK(close(scores[i].value, expected.get<double>(), 1e-6));
      }
    }
  }
}

TEST_CASE("every proxy scores every kind of task, or says why not") {
  json file;
  const auto cases = read_cases(file);
  const std::set<std::string> class_only{"epe_nas", "vkdnw", "vkdnw_fim"};
  for (std::size_t k = 0; k < cases.size(); ++k) {
    const Case& of = cases[k];
    const bool classes = of.output.head == Head::classes;
    const bool dense =
        of.output.head == Head::pixels || of.output.head == Head::pixel_classes;
    const auto proxies = select_proxies({"all"});
    const Evaluator evaluator = make_evaluator(of, proxies, "fp32");
    for (const auto folding :
         {graph::Folding::functional, graph::Folding::as_declared}) {
      std::vector<const Descriptor*> which;
      for (const Descriptor* proxy : proxies) {
        if (proxy->needs.folding == folding) which.push_back(proxy);
      }
      const auto scores = evaluator.score(build(of, folding), which);
      for (std::size_t i = 0; i < which.size(); ++i) {
        const std::string& name = which[i]->name;
        INFO(
            of.space->info().name << " " << of.spec << " " << name << ": "
                                  << scores[i].reason);
        // Of transformers; of four minibatches; of residual blocks, in few
        // cells.
        if (name.starts_with("nn_")) continue;
        // Of layers one after another, in few cells.
        if (which[i]->family == "entropy") continue;
        // In float32 some of it is 0.
        if (is_noise(file[k], name)) continue;
        const bool none = name == "dss" || name == "knas" ||
                          which[i]->needs.pass == PassKind::signs ||
                          which[i]->family == "attention" ||
                          (class_only.contains(name) && !classes) ||
                          (name == "zen" && dense);
        if (none) {
          CHECK(scores[i].status == ScoreStatus::degenerate);
          CHECK_FALSE(scores[i].reason.empty());
        } else {
          CHECK(scores[i].status == ScoreStatus::ok);
        }
      }
    }
  }
}
