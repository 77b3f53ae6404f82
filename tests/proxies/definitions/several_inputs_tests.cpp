// Networks of several inputs: each gets what is its own, and has the scores of
// the same network with its inputs in one tensor.
#include <torch/script.h>

#include <cmath>
#include <string>
#include <vector>

#include "benchmarks/formats/model_file.h"
#include "benchmarks/tasks/task.h"
#include "proxies/engine/evaluator.h"
#include "proxies/registry.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::engine;

namespace {

std::string file(const std::string& name) {
  return zcp::test::golden("formats/" + name);
}

/// The network of the golden file behind a module that takes its inputs in one
/// tensor: `order` says how they lie in it.
std::string packed_network(
    const zcp::test::TemporaryFolder& folder,
    const std::string& order) {
  torch::jit::Module whole("packed");
  whole.register_module("network", torch::jit::load(file("several_net.pt")));
  const bool by_name = order == "age, image, words";
  whole.define(
      std::string("def forward(self, x):\n    flat = x.flatten(1)\n") +
      (by_name ? "    age = flat[:, 0:1]\n"
                 "    image = flat[:, 1:41].reshape([-1, 2, 5, 4])\n"
                 "    words = flat[:, 41:44].to(3)\n"
               : "    image = flat[:, 0:40].reshape([-1, 2, 5, 4])\n"
                 "    words = flat[:, 40:43].to(3)\n"
                 "    age = flat[:, 43:44]\n") +
      "    return self.network.forward(image, words, age)\n");
  const std::string path = folder.path() / (by_name ? "name.pt" : "place.pt");
  whole.save(path);
  return path;
}

std::vector<const Descriptor*> all_proxies() {
  return proxies::select_proxies({"all"});
}

std::vector<Score> scores_of(
    const std::string& model,
    const std::string& data,
    EvaluatorOptions options,
    bool several) {
  const auto task = tasks::open_task("tensors", data, 0);
  const tasks::TaskInfo& info = task->info();
  options.batch_size = 3;
  if (several) options.inputs = info.inputs;
  const Evaluator evaluator(
      all_proxies(),
      options,
      info.shape,
      {info.classes, info.head},
      {task->minibatch(0, 3), task->minibatch(1, 3)});
  return evaluator.score_model(formats::read_model_file(model), all_proxies());
}

std::string refusal_of(NetworkInputs inputs) {
  const auto task = tasks::open_task("tensors", file("several.pt"), 0);
  EvaluatorOptions options;
  options.batch_size = 3;
  options.inputs = std::move(inputs);
  const auto proxies = proxies::select_proxies({"grad_norm"});
  const int elements = static_cast<int>(options.inputs.elements());
  const Evaluator evaluator(
      proxies,
      options,
      {elements, 1, 1},
      3,
      {Minibatch{
          1,
          {elements, 1, 1},
          std::vector<float>(static_cast<std::size_t>(elements)),
          {0}}});
  return zcp::test::user_error([&] {
    evaluator.score_model(
        formats::read_model_file(file("several_net.pt")), proxies);
  });
}

}  // namespace

TEST_CASE("several inputs: the scores are those of one packed tensor") {
  const zcp::test::TemporaryFolder folder;
  for (const bool named : {true, false}) {
    const std::string packed =
        packed_network(folder, named ? "age, image, words" : "");
    const std::string data = file(named ? "several_named.pt" : "several.pt");
    for (const char* precision : {"fp32", "fp64"}) {
      for (const bool drawn : {false, true}) {
        EvaluatorOptions options;
        options.precision = precision;
        if (drawn) {
          options.initialiser = initialisers::Initialiser::kaiming_normal;
        }
        const auto own = scores_of(file("several_net.pt"), data, options, true);
        options.parameter_prefix = "network.";
        const auto other = scores_of(packed, data, options, false);
        std::size_t compared = 0;
        for (std::size_t i = 0; i < own.size(); ++i) {
          INFO(
              all_proxies()[i]->name << " " << own[i].reason << " | "
                                     << other[i].reason);
          // Noise and ones pass for words in the packed tensor alone.
          if (own[i].reason.find("whole numbers") != std::string::npos) {
            continue;
          }
          CHECK(own[i].status == other[i].status);
          if (own[i].status != ScoreStatus::ok) continue;
          CHECK(own[i].value == other[i].value);
          ++compared;
        }
        CHECK(compared > 20);
      }
    }
  }
}

TEST_CASE("several inputs: files of PyTorch and of NumPy say the same") {
  for (const char* stem : {"several", "several_named"}) {
    const auto torch = scores_of(
        file("several_net.pt"), file(std::string(stem) + ".pt"), {}, true);
    const auto numpy = scores_of(
        file("several_net.pt"), file(std::string(stem) + ".npz"), {}, true);
    std::size_t compared = 0;
    for (std::size_t i = 0; i < torch.size(); ++i) {
      INFO(all_proxies()[i]->name);
      CHECK(torch[i].reason == numpy[i].reason);
      if (torch[i].status != ScoreStatus::ok) continue;
      CHECK(torch[i].value == doctest::Approx(numpy[i].value).epsilon(1e-6));
      ++compared;
    }
    CHECK(compared > 20);
  }
}

TEST_CASE("several inputs: proxies that whole numbers leave without meaning") {
  const auto scores =
      scores_of(file("several_net.pt"), file("several_named.pt"), {}, true);
  const auto proxies = all_proxies();
  for (std::size_t i = 0; i < proxies.size(); ++i) {
    if (proxies[i]->name == "zen" || proxies[i]->name == "synflow") {
      CHECK(
          scores[i].reason ==
          "draws its own inputs, which a network of whole numbers does not "
          "take");
    }
    if (proxies[i]->name == "jacob_cov") {
      CHECK(
          scores[i].reason ==
          "differentiates by the inputs, which are whole numbers");
    }
    if (proxies[i]->name == "params") CHECK(scores[i].value == 213);
  }
}

TEST_CASE("several inputs: what the network does not take is refused") {
  const NetworkInput image{"image", {2, 5, 4}};
  const NetworkInput words{"words", {3}, InputType::int32};
  const NetworkInput age{"age", {1}};
  const std::string expected =
      " in data.pt, expected the inputs of the network: 'image', 'words', "
      "'age'";
  const auto refused = [&](const std::vector<NetworkInput>& inputs) {
    const std::string text = refusal_of({"data.pt", inputs});
    const auto name = text.find("several_net.pt: ");
    REQUIRE(name != std::string::npos);
    return text.substr(name + std::string("several_net.pt: ").size());
  };
  NetworkInput weight = age;
  weight.name = "weight";
  CHECK(refused({image, words, weight}) == "found 'weight'" + expected);
  CHECK(refused({image, words}) == "found no 'age'" + expected);
  CHECK(refused({image, words, age, weight}) == "found 4 inputs" + expected);
  CHECK(refused({image, words, words}) == "found 'words' twice" + expected);
  NetworkInput first = image;
  first.name = "";
  CHECK(refused({first}) == "found no 'words'" + expected);
}

TEST_CASE("several inputs: whole numbers do not go with bfloat16") {
  const std::string text = zcp::test::user_error([] {
    EvaluatorOptions options;
    options.precision = "bf16";
    options.inputs = {"data.pt", {{"words", {3}, InputType::int32}}};
    const Evaluator evaluator({}, options, {3, 1, 1}, 3, {});
  });
  CHECK(
      text ==
      "--precision bf16: inputs of whole numbers lose digits; expected fp32 or "
      "fp64");
}
