// AZ-NAS's proxies and those of residual blocks on exported programs, against
// PyTorch with hooks (tests/reference/make_exported.py). ZCP_EXPORTED names
// another folder of its files, torchvision's ResNet-18 for instance.
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "benchmarks/formats/model_file.h"
#include "proxies/engine/evaluator.h"
#include "proxies/registry.h"
#include "tests/support/test_files.h"

namespace {

using namespace zcp;
using namespace zcp::engine;
using Json = nlohmann::json;

constexpr int kBatch = 4;

const std::vector<std::string> kAzNas{
    "expressivity",
    "progressivity",
    "trainability"};

std::filesystem::path folder() {
  const char* other = std::getenv("ZCP_EXPORTED");
  return other != nullptr ? std::filesystem::path(other)
                          : zcp::test::golden("exported");
}

EvaluatorOptions options_for(int pixels) {
  EvaluatorOptions options;
  options.batch_size = kBatch;
  options.precision = "fp64";
  options.output = "logits";
  const auto count = static_cast<std::size_t>(kBatch * 3 * pixels * pixels);
  for (std::size_t i = 0; i < count; ++i) {
    options.noise.inputs.push_back(
        static_cast<float>(std::sin(static_cast<double>(i))));
  }
  options.noise.perturbation = options.noise.inputs;
  constexpr int kSigns = 1 << 16;
  for (int i = 0; i < kSigns; ++i) {
    options.noise.signs.push_back(
        std::cos(static_cast<float>(i)) < 0 ? -1.0F : 1.0F);
  }
  return options;
}

std::vector<Score> scores(
    const std::string& file,
    const std::vector<std::string>& names,
    const EvaluatorOptions& options,
    int pixels) {
  const auto which = proxies::select_proxies(names);
  const Evaluator evaluator(which, options, {3, pixels, pixels}, 5, {});
  return evaluator.score_model(
      formats::read_model_file(folder() / file), which);
}

}  // namespace

TEST_CASE("exported blocks: AZ-NAS's proxies are those of hooks") {
  std::ifstream file(folder() / "expected.json");
  const Json expected = Json::parse(file)["az_nas"];
  const int pixels = expected["pixels"].get<int>();
  const auto near = [&](const std::vector<Score>& found) {
    REQUIRE(found.size() == kAzNas.size());
    for (std::size_t i = 0; i < kAzNas.size(); ++i) {
      CAPTURE(kAzNas[i]);
      CAPTURE(found[i].reason);
      REQUIRE(found[i].status == ScoreStatus::ok);
      const double value = expected[kAzNas[i]].get<double>();
      INFO(found[i].value, " ", value);
      CHECK(std::abs(found[i].value - value) <= 1e-7 * std::abs(value));
    }
  };
  EvaluatorOptions options = options_for(pixels);
  near(scores("residual.pt2", kAzNas, options, pixels));
  options.blocks = expected["blocks"].get<std::vector<std::string>>();
  near(scores("residual.pt2", kAzNas, options, pixels));
}

TEST_CASE("exported blocks: residual blocks give nn_mass and nn_degree") {
  const auto found =
      scores("residual.pt2", {"nn_mass", "nn_degree"}, options_for(8), 8);
  REQUIRE(found[0].status == ScoreStatus::ok);
  REQUIRE(found[1].status == ScoreStatus::ok);
  if (std::getenv("ZCP_EXPORTED") != nullptr) return;
  // Two basic blocks of 4 channels: 4 + 4, and 4 + 4 / 8.
  CHECK(found[0].value == 16);
  CHECK(found[1].value == 9);
}

TEST_CASE("exported blocks: without any there is a reason") {
  if (std::getenv("ZCP_EXPORTED") != nullptr) return;
  const auto found =
      scores("sequence.pt2", {"nn_mass", "progressivity"}, options_for(8), 8);
  CHECK(found[0].status == ScoreStatus::degenerate);
  CHECK(found[0].reason == "no residual block");
}
