// Exported programs: what PyTorch computes of the golden files, and what their
// blocks are.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "benchmarks/formats/model_file.h"
#include "nets/networks/script_network.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

namespace {

using namespace zcp;
using namespace zcp::networks;
using Json = nlohmann::json;

std::unique_ptr<ScriptNetwork> exported(
    const std::string& name,
    const ScriptOptions& options = {}) {
  return load_script_network(
      formats::read_model_file(zcp::test::golden("exported/" + name)),
      at::kDouble,
      options);
}

Json expected_values() {
  std::ifstream file(zcp::test::golden("exported/expected.json"));
  return Json::parse(file);
}

at::Tensor sine(std::int64_t samples, std::int64_t pixels = 8) {
  return at::sin(at::arange(samples * 3 * pixels * pixels, at::kDouble))
      .view({samples, 3, pixels, pixels});
}

double distance(const at::Tensor& found, const Json& expected) {
  const auto values = expected.get<std::vector<double>>();
  REQUIRE(found.numel() == static_cast<std::int64_t>(values.size()));
  return (found.flatten() - at::tensor(values, at::kDouble))
      .abs()
      .max()
      .item<double>();
}

ScriptOptions logits_of(const std::string& name) {
  ScriptOptions options;
  if (name.starts_with("residual")) options.output = "logits";
  return options;
}

std::string note_on(const ScriptNetwork& network, const std::string& start) {
  for (const std::string& note : network.notes()) {
    if (note.starts_with(start)) return note;
  }
  return "";
}

}  // namespace

TEST_CASE("exported programs compute what PyTorch does, of every layout") {
  const at::NoGradGuard no_grad;
  int seen = 0;
  const Json all = expected_values();
  for (const auto& [name, values] : all.items()) {
    if (!name.ends_with(".pt2")) continue;
    CAPTURE(name);
    ++seen;
    const auto network = exported(name, logits_of(name));
    std::int64_t params = 0;
    for (const Parameter& parameter : network->parameters()) {
      params += parameter.value.numel();
    }
    CHECK(params == values["params"].get<std::int64_t>());
    const auto logits = [&](BatchNormMode mode) {
      return network->forward(sine(4), mode, nullptr);
    };
    CHECK(
        distance(logits(BatchNormMode::batch_statistics), values["train"]) <
        1e-12);
    CHECK(
        distance(logits(BatchNormMode::running_statistics), values["eval"]) <
        1e-12);
  }
  CHECK(seen == 7);
}

TEST_CASE("exported programs: one network, whatever file it comes from") {
  const auto whole = exported("residual.pt2", logits_of("residual"));
  for (const char* name :
       {"residual_flat.pt2",
        "residual_saved.pt2",
        "residual_decomposed.pt2",
        "residual_baked.pt2"}) {
    CAPTURE(name);
    const auto other = exported(name, logits_of(name));
    REQUIRE(other->parameters().size() == whole->parameters().size());
    for (std::size_t i = 0; i < whole->parameters().size(); ++i) {
      const Parameter& a = whole->parameters()[i];
      const Parameter& b = other->parameters()[i];
      CHECK(a.name == b.name);
      CHECK(a.kind == b.kind);
      CHECK(a.in_calls == b.in_calls);
      CHECK(at::equal(a.value, b.value));
    }
    Recording ours;
    Recording theirs;
    whole->forward(sine(4), BatchNormMode::batch_statistics, &ours);
    other->forward(sine(4), BatchNormMode::batch_statistics, &theirs);
    REQUIRE(ours.calls.size() == theirs.calls.size());
    for (std::size_t i = 0; i < ours.calls.size(); ++i) {
      CHECK(ours.calls[i].kind == theirs.calls[i].kind);
      CHECK(ours.calls[i].weight == theirs.calls[i].weight);
      CHECK(ours.calls[i].macs == theirs.calls[i].macs);
      CHECK(at::allclose(ours.calls[i].output, theirs.calls[i].output));
    }
  }
}

TEST_CASE("exported programs: parameters in the order of the module") {
  const auto network = exported("sequence.pt2");
  std::vector<std::string> names;
  for (const Parameter& parameter : network->parameters()) {
    names.push_back(parameter.name);
  }
  REQUIRE(names.size() > 10);
  CHECK(names[0] == "conv.weight");
  CHECK(names[1] == "conv.bias");
  // Tied weights are one.
  CHECK(std::ranges::count(names, "first.weight") == 1);
  CHECK(std::ranges::count(names, "second.weight") == 0);
  CHECK(std::ranges::count(names, "second.bias") == 1);
}

TEST_CASE("exported programs: outputs, dropout and gradients") {
  const std::string message = zcp::test::user_error([] {
    exported("residual.pt2")
        ->forward(sine(2), BatchNormMode::running_statistics, nullptr);
  });
  CHECK(message.find("residual.pt2: returns 3 tensors") != std::string::npos);
  CHECK(message.find("logits [2, 5]") != std::string::npos);
  CHECK(message.find("features.1 [2, 4]") != std::string::npos);
  const auto network = exported("residual.pt2", logits_of("residual"));
  CHECK(note_on(*network, "dropout") == "dropout switched off (2 layers)");
  const auto trained = network->with_parameters([](const Parameter& one) {
    return one.value.detach().clone().requires_grad_(true);
  });
  trained->forward(sine(4), BatchNormMode::batch_statistics, nullptr)
      .sum()
      .backward();
  for (const Parameter& parameter : trained->parameters()) {
    CAPTURE(parameter.name);
    CHECK(parameter.value.grad().defined());
  }
}

TEST_CASE("exported programs take what they were exported for") {
  const auto baked = exported("residual_baked.pt2", logits_of("residual"));
  CHECK(baked->least_batch() == 4);
  const auto error = [&](const ScriptNetwork& network, const at::Tensor& x) {
    return zcp::test::user_error([&] {
      network.forward(x, BatchNormMode::running_statistics, nullptr);
    });
  };
  const std::string batch = error(*baked, sine(3));
  CHECK(batch.find("takes batches of 4, found 3") != std::string::npos);
  CHECK(batch.find("--batch-size 4") != std::string::npos);
  const std::string pixels = error(*baked, sine(4, 16));
  CHECK(
      pixels.find("takes inputs of [4, 3, 8, 8], found [4, 3, 16, 16]") !=
      std::string::npos);
  const auto free = exported("residual.pt2", logits_of("residual"));
  CHECK(free->least_batch() == 1);
  CHECK(
      free->forward(sine(7), BatchNormMode::running_statistics, nullptr)
          .size(0) == 7);
  CHECK(error(*free, sine(4, 16)).find("[any, 3, 8, 8]") != std::string::npos);
}

TEST_CASE("exported programs: blocks by residual sums, and by name") {
  for (const char* name : {"residual.pt2", "residual_decomposed.pt2"}) {
    CAPTURE(name);
    ScriptOptions options = logits_of(name);
    const auto found = exported(name, options);
    CHECK(
        note_on(*found, "blocks") ==
        "blocks by residual sums: stem, blocks.0, blocks.1");
    options.blocks = {"stem", "blocks.0", "blocks.1"};
    const auto named = exported(name, options);
    CHECK(note_on(*named, "blocks") == "blocks: stem, blocks.0, blocks.1");
    Recording a;
    Recording b;
    found->forward(sine(4), BatchNormMode::batch_statistics, &a);
    named->forward(sine(4), BatchNormMode::batch_statistics, &b);
    REQUIRE(a.blocks.size() == 3);
    REQUIRE(b.blocks.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(at::equal(a.blocks[i], b.blocks[i]));
      CHECK(a.blocks[i].size(1) == 4);
    }
    // What a block returns has passed its last ReLU; the stem has none.
    CHECK(a.blocks[0].min().item<double>() < 0);
    CHECK(a.blocks[1].min().item<double>() == 0);
    REQUIRE(found->residual_blocks() != nullptr);
    REQUIRE(found->residual_blocks()->size() == 2);
    const auto& block = (*found->residual_blocks())[0];
    CHECK(block.kind == graph::ResidualBlock::Kind::basic);
    CHECK(block.input == 4);
    CHECK(block.widths == std::vector<int>{4, 4});
    CHECK(block.identity);
    options.blocks = {"blocks.7"};
    const std::string message =
        zcp::test::user_error([&] { exported(name, options); });
    CHECK(message.find("has no module 'blocks.7'") != std::string::npos);
    CHECK(message.find("blocks.1.conv2") != std::string::npos);
  }
}
