// Random TorchScript programs (script_programs.h), scored by all proxies: no
// crash, the same bits again, alone what they are among all, and the gradients
// that LibTorch's own interpreter gives.
//
// ZCP_SEED is the first program's (0), ZCP_SECONDS for how long more follow (a
// few programs), ZCP_KEEP a file that holds the program that runs.
#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>

#include <bit>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <optional>
#include <set>
#include <string>

#include "common/error.h"
#include "common/random.h"
#include "proxies/engine/evaluator.h"
#include "proxies/registry.h"
#include "tests/proxies/engine/script_programs.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::engine;
using namespace zcp::proxies;

namespace {

constexpr int kBatch = 4;
constexpr int kClasses = 5;
constexpr int kPrograms = 16;
const Shape kShape{3, 8, 8};

std::vector<Minibatch> minibatches() {
  std::vector<Minibatch> all;
  for (std::uint64_t i = 0; i < 4; ++i) {
    Minibatch minibatch{kBatch, kShape, {}, {0, 1, 2, 4}};
    minibatch.x.resize(static_cast<std::size_t>(kBatch * kShape.elements()));
    fill_normal(minibatch.x, 1.0F, i);
    all.push_back(std::move(minibatch));
  }
  return all;
}

torch::jit::Module module_of(const std::string& source) {
  torch::jit::Module module("net");
  double phase = 0;
  const auto values = [&](at::IntArrayRef sizes) {
    const std::int64_t count = c10::multiply_integers(sizes);
    phase += 1;
    return (at::arange(count) * 0.7 + phase).sin().mul_(0.4).view(sizes);
  };
  const std::vector<std::pair<const char*, std::vector<std::int64_t>>> shapes{
      {"stem", {4, 3, 3, 3}},
      {"w3", {4, 4, 3, 3}},
      {"w2", {4, 4, 2, 2}},
      {"w1", {4, 4, 3}},
      {"w5", {2, 1, 3, 3, 3}},
      {"grouped", {4, 2, 3, 3}},
      {"depthwise", {4, 1, 3, 3}},
      {"square", {4, 4}},
      {"six", {6, 6}},
      {"pair", {6, 6, 6}},
      {"ih", {16, 4}},
      {"hh", {16, 4}},
      {"wide", {4, 6, 6}},
      {"g", {4, 1, 1, 1}},
      {"scale", {4}},
      {"shift", {4}},
      {"b", {4}},
      {"head", {kClasses, 4}},
      {"bias", {kClasses}}};
  for (const auto& [name, sizes] : shapes) {
    module.register_parameter(name, values(sizes).requires_grad_(true), false);
  }
  module.register_buffer("mean", at::linspace(-0.2, 0.3, 4));
  module.register_buffer("variance", at::linspace(0.5, 1.5, 4));
  module.register_buffer("seen", at::zeros({}, at::kLong));
  module.register_buffer("flag", at::ones({}, at::kBool));
  module.define(source);
  return module;
}

/// The norm of all gradients of the first minibatch by LibTorch's interpreter;
/// none where it cannot run the program or it has other outputs.
std::optional<double> norm_by_libtorch(
    torch::jit::Module module,
    const Minibatch& batch) {
  try {
    module.eval();
    at::Tensor x = at::empty({kBatch, 3, 8, 8});
    std::copy(batch.x.begin(), batch.x.end(), x.data_ptr<float>());
    const at::Tensor y =
        at::tensor(std::vector<std::int64_t>(batch.y.begin(), batch.y.end()));
    const at::Tensor logits = module.forward({x}).toTensor();
    at::cross_entropy_loss(logits, y).backward();
    double total = 0;
    for (const at::Tensor& parameter : module.parameters()) {
      const at::Tensor gradient = parameter.grad();
      if (!gradient.defined()) continue;
      total += gradient.to(at::kDouble).square().sum().item<double>();
    }
    return std::sqrt(total);
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

class Fuzzer {
 public:
  /// False where the program is none that PyTorch compiles.
  bool run(unsigned seed) {
    test::ScriptPrograms programs(seed);
    const std::string source = programs.forward();
    keep(seed, source);
    CAPTURE(seed);
    CAPTURE(source);
    std::optional<torch::jit::Module> module;
    try {
      module = module_of(source);
    } catch (const std::exception& error) {
      std::cerr << "seed " << seed << " is no program: " << error.what()
                << '\n';
      return false;
    }
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "net.pt";
    module->save(path.string());
    const auto scores = agreeing_scores(path, programs.two_outputs);
    const auto expected = programs.two_outputs
                              ? std::nullopt
                              : norm_by_libtorch(*module, data_[0]);
    if (expected) compare(scores, *expected, programs.plain);
    return true;
  }

  int compared = 0;

 private:
  static void keep(unsigned seed, const std::string& source) {
    const char* file = std::getenv("ZCP_KEEP");
    if (file == nullptr) return;
    std::ofstream(file) << "# seed " << seed << '\n' << source;
  }

  std::vector<Score> score(
      const std::filesystem::path& path,
      const std::vector<const Descriptor*>& which,
      bool two_outputs) const {
    EvaluatorOptions options;
    options.batch_size = kBatch;
    options.minibatches = static_cast<int>(data_.size());
    if (two_outputs) options.output = "0";
    const Evaluator evaluator(which, options, kShape, kClasses, data_);
    return evaluator.score_model(path, which);
  }

  /// The scores of all proxies, after they were compared with a second run and
  /// with those of each proxy alone.
  std::vector<Score> agreeing_scores(
      const std::filesystem::path& path,
      bool two_outputs) const {
    const auto together = score(path, proxies_, two_outputs);
    const auto again = score(path, proxies_, two_outputs);
    for (std::size_t i = 0; i < proxies_.size(); ++i) {
      const Score alone = score(path, {proxies_[i]}, two_outputs)[0];
      CAPTURE(proxies_[i]->name);
      CAPTURE(together[i].reason);
      CAPTURE(alone.reason);
      check_same(again[i], together[i]);
      check_same(alone, together[i]);
      CHECK(together[i].reason.find("INTERNAL ASSERT") == std::string::npos);
      CHECK(together[i].reason.find("no way to run") == std::string::npos);
    }
    return together;
  }

  static void check_same(const Score& a, const Score& b) {
    CHECK(a.status == b.status);
    CHECK(a.reason == b.reason);
    CHECK(
        std::bit_cast<std::uint64_t>(a.value) ==
        std::bit_cast<std::uint64_t>(b.value));
  }

  /// What LibTorch runs, zcp runs, and where both run the same it has the same
  /// gradients.
  void compare(const std::vector<Score>& scores, double expected, bool plain) {
    for (std::size_t i = 0; i < proxies_.size(); ++i) {
      if (proxies_[i]->name != "grad_norm_total") continue;
      CAPTURE(scores[i].reason);
      CHECK(scores[i].status != ScoreStatus::failed);
      if (!plain || !std::isfinite(expected)) return;
      ++compared;
      CHECK(scores[i].value == doctest::Approx(expected).epsilon(1e-3));
    }
  }

  const std::vector<const Descriptor*> proxies_ = select_proxies({"all"});
  const std::vector<Minibatch> data_ = minibatches();
};

}  // namespace

TEST_CASE("random TorchScript programs are scored the same in every company") {
  const char* first = std::getenv("ZCP_SEED");
  const char* seconds = std::getenv("ZCP_SECONDS");
  const auto start = std::chrono::steady_clock::now();
  const auto limit = std::chrono::seconds(seconds ? std::atoi(seconds) : 0);
  // LibTorch's optimiser takes copies for what they are not, at times.
  torch::jit::setGraphExecutorOptimize(false);
  unsigned seed = first ? static_cast<unsigned>(std::atoi(first)) : 0;
  Fuzzer fuzzer;
  int programs = 0;
  int tried = 0;
  while (tried < (seconds ? 1 : kPrograms) ||
         std::chrono::steady_clock::now() - start < limit) {
    programs += fuzzer.run(seed++) ? 1 : 0;
    ++tried;
  }
  MESSAGE(
      tried << " tried, " << programs << " compiled, " << fuzzer.compared
            << " compared with LibTorch's gradients");
  CHECK(4 * programs > 3 * tried);
  CHECK(fuzzer.compared > 0);
}
