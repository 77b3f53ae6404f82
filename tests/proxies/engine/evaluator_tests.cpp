// What a score may and may not depend on.
#include <ATen/ATen.h>
#include <omp.h>
#include <torch/csrc/jit/api/module.h>

#include <bit>
#include <string>

#include "benchmarks/formats/model_file.h"
#include "common/error.h"
#include "nets/kernels/one_core.h"
#include "nets/spaces/space.h"
#include "proxies/engine/evaluator.h"
#include "proxies/registry.h"
#include "tests/proxies/engine/noise_minibatches.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::engine;
using namespace zcp::proxies;

namespace {

constexpr int kBatch = 8;
const Shape kShape{3, 16, 16};
const spaces::Skeleton kThin{4, 1, true};

std::vector<Minibatch> minibatches() {
  return test::noise_minibatches(2, kBatch, kShape, 10);
}

std::vector<const Descriptor*> without_knas() {
  std::vector<const Descriptor*> proxies;
  for (const Descriptor* proxy : select_proxies({"all"})) {
    if (proxy->name != "knas") proxies.push_back(proxy);
  }
  return proxies;
}

Evaluator make_evaluator(const std::vector<const Descriptor*>& proxies) {
  EvaluatorOptions options;
  options.batch_size = kBatch;
  return {proxies, options, kShape, 10, minibatches()};
}

graph::Graph build(
    const std::string& spec,
    graph::Folding folding = graph::Folding::functional) {
  return spaces::find_space("nats-tss").build(spec, kShape, 10, kThin, folding);
}

bool bit_equal(const Score& a, const Score& b) {
  if (a.status != b.status) return false;
  return a.status != ScoreStatus::ok ||
         std::bit_cast<std::uint64_t>(a.value) ==
             std::bit_cast<std::uint64_t>(b.value);
}

const std::string kCell =
    "|nor_conv_3x3~0|+|nor_conv_1x1~0|avg_pool_3x3~1|+|skip_connect~0|"
    "nor_conv_3x3~1|nor_conv_1x1~2|";
const std::string kDense =
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_1x1~1|+|nor_conv_3x3~0|"
    "nor_conv_3x3~1|nor_conv_3x3~2|";

}  // namespace

TEST_CASE("one proxy alone scores as among all, bit for bit") {
  const auto proxies = without_knas();
  const Evaluator all = make_evaluator(proxies);
  // Alone many run their sums at one go; together every layer is recorded.
  for (const std::string& cell : {kCell, kDense}) {
    const graph::Graph graph = build(cell);
    const auto together = all.score(graph, proxies);
    for (std::size_t i = 0; i < proxies.size(); ++i) {
      const std::vector<const Descriptor*> one{proxies[i]};
      const Score alone = make_evaluator(one).score(graph, one)[0];
      INFO(
          proxies[i]->name << " " << alone.value << " " << together[i].value
                           << " " << alone.reason);
      CHECK(bit_equal(alone, together[i]));
    }
  }
}

TEST_CASE("alone and among all also where maps end in one pixel") {
  // wrcor has every layer recorded, so that nothing runs at one go.
  const auto proxies = select_proxies(
      {"snip", "grad_norm", "zico", "naswot", "fisher", "jacob_cov", "wrcor"});
  const spaces::Space& space = spaces::find_space("mobilenet-v2");
  const graph::Graph graph =
      space.build(space.info().example, kShape, 10, {}, {});
  const auto together = make_evaluator(proxies).score(graph, proxies);
  for (std::size_t i = 0; i < proxies.size(); ++i) {
    const std::vector<const Descriptor*> one{proxies[i]};
    CAPTURE(proxies[i]->name);
    CHECK(bit_equal(make_evaluator(one).score(graph, one)[0], together[i]));
  }
}

TEST_CASE("a few proxies score as among all, whatever the pass records") {
  const graph::Graph graph = build(kDense);
  const auto everything = select_proxies(
      {"snip", "naswot", "fisher", "jacob_cov", "epe_nas", "wrcor", "zico"});
  const auto together = make_evaluator(everything).score(graph, everything);
  for (unsigned bits = 1; bits < 1U << everything.size(); ++bits) {
    std::vector<const Descriptor*> some;
    std::vector<Score> expected;
    for (std::size_t i = 0; i < everything.size(); ++i) {
      if ((bits >> i & 1) == 0) continue;
      some.push_back(everything[i]);
      expected.push_back(together[i]);
    }
    const auto found = make_evaluator(some).score(graph, some);
    for (std::size_t i = 0; i < some.size(); ++i) {
      INFO(bits << " " << some[i]->name << " " << found[i].reason);
      CHECK(bit_equal(found[i], expected[i]));
    }
  }
}

namespace {

/// Scores of a TorchScript module of one weight [rows, 768] for `kShape`.
std::vector<Score> score_script(
    const std::string& forward,
    std::int64_t rows,
    const std::vector<const Descriptor*>& proxies) {
  torch::jit::Module module("net");
  module.register_parameter(
      "w",
      at::linspace(-1, 1, rows * 768)
          .sin()
          .view({rows, 768})
          .requires_grad_(true),
      false);
  module.define(forward);
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "net.pt";
  module.save(path.string());
  return make_evaluator(proxies).score_model(path, proxies);
}

}  // namespace

TEST_CASE("a network without a loss still has codes and a Jacobian") {
  const std::string forward = R"(
    def forward(self, x):
        return torch.linear(torch.flatten(torch.relu(x), 1), self.w)
  )";
  const auto proxies = select_proxies({"snip", "naswot", "jacob_cov"});
  // Labels go to 9.
  const auto scores = score_script(forward, 2, proxies);
  CHECK(scores[0].status == ScoreStatus::failed);
  CHECK(scores[0].reason == "label 9, but the network has 2 outputs");
  CHECK(scores[1].status == ScoreStatus::ok);
  CHECK(scores[2].status == ScoreStatus::ok);
  for (std::size_t i = 0; i < proxies.size(); ++i) {
    const std::vector<const Descriptor*> one{proxies[i]};
    const Score alone = score_script(forward, 2, one)[0];
    CHECK(bit_equal(alone, scores[i]));
    CHECK(alone.reason == scores[i].reason);
  }
}

TEST_CASE("a network that writes into its input") {
  const std::string forward = R"(
    def forward(self, x):
        y = x[:, 0]
        y -= 0.25
        return torch.linear(torch.flatten(torch.relu(x), 1), self.w)
  )";
  const auto proxies = select_proxies({"snip", "naswot", "jacob_cov", "zico"});
  const auto together = score_script(forward, 10, proxies);
  for (std::size_t i = 0; i < proxies.size(); ++i) {
    const std::vector<const Descriptor*> one{proxies[i]};
    INFO(proxies[i]->name << " " << together[i].reason);
    CHECK(together[i].status == ScoreStatus::ok);
    CHECK(bit_equal(score_script(forward, 10, one)[0], together[i]));
  }
}

TEST_CASE("a layer whose weight is computed has no score by its weight") {
  const std::string forward = R"(
    def forward(self, x):
        return torch.linear(torch.flatten(x, 1), self.w * 2)
  )";
  const auto proxies =
      select_proxies({"snip", "zico", "l2_norm", "fisher", "gradsign"});
  const auto scores = score_script(forward, 10, proxies);
  REQUIRE(scores.size() == 5);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    INFO(proxies[i]->name << " " << scores[i].reason);
    CHECK(scores[i].status != ScoreStatus::ok);
    CHECK(scores[i].reason.find("computed from") != std::string::npos);
  }
}

TEST_CASE("scores do not depend on the threads around them") {
  // As main does: OpenBLAS may otherwise take as many as there are cores.
  kernels::set_blas_threads_to_one();
  const auto proxies = select_proxies({"core", "snip", "jacob_cov"});
  const Evaluator evaluator = make_evaluator(proxies);
  const auto specs =
      spaces::sample_specs(spaces::find_space("nats-tss"), 12, 4);
  std::vector<std::vector<Score>> serial;
  for (const auto& spec : specs) {
    serial.push_back(evaluator.score(build(spec), proxies));
  }
  std::vector<std::vector<Score>> parallel(specs.size());
  const auto count = static_cast<int>(specs.size());
#pragma omp parallel for num_threads(3) schedule(dynamic)
  for (int k = count - 1; k >= 0; --k) {
    const auto i = static_cast<std::size_t>(k);
    parallel[i] = evaluator.score(build(specs[i]), proxies);
  }
  for (std::size_t i = 0; i < specs.size(); ++i) {
    for (std::size_t p = 0; p < proxies.size(); ++p) {
      INFO(specs[i] << " " << proxies[p]->name);
      CHECK(bit_equal(serial[i][p], parallel[i][p]));
    }
  }
}

TEST_CASE("scores do not depend on how many passes run at once") {
  kernels::set_blas_threads_to_one();
  const auto proxies = select_proxies({"all"});
  EvaluatorOptions options;
  options.batch_size = kBatch;
  options.minibatches = 5;
  const auto data = test::noise_minibatches(5, kBatch, kShape, 10);
  const test::TemporaryFolder folder;
  const std::string file = (folder.path() / "net.pt").string();
  torch::jit::Module module("net");
  const auto add = [&](const char* name, const at::Tensor& value) {
    module.register_parameter(
        name, value.detach().clone().requires_grad_(true), false);
  };
  add("w", at::linspace(-1, 1, 8 * 3 * 9).view({8, 3, 3, 3}));
  add("scale", at::linspace(0.5, 1.5, 8));
  add("shift", at::linspace(-1, 1, 8));
  add("last", at::linspace(-1, 1, 80).view({10, 8}));
  module.define(R"(
    def forward(self, x):
        x = torch.conv2d(x, self.w, None, [1, 1], [1, 1])
        x = torch.batch_norm(x, self.scale, self.shift, None, None, True, 0.1, 1e-5, False)
        x = torch.relu_(x)
        return torch.linear(torch.adaptive_avg_pool2d(x, [1, 1]).flatten(1), self.last)
  )");
  module.save(file);
  std::vector<std::vector<Score>> by_threads;
  std::vector<std::vector<Score>> of_file;
  for (const int threads : {1, 2, 4, 16}) {
    options.threads = threads;
    const Evaluator evaluator(proxies, options, kShape, 10, data);
    by_threads.push_back(evaluator.score(build(kCell), proxies));
    of_file.push_back(
        evaluator.score_model(formats::read_model_file(file), proxies));
  }
  int scored = 0;
  for (std::size_t t = 0; t < by_threads.size(); ++t) {
    for (std::size_t p = 0; p < proxies.size(); ++p) {
      INFO(t << " " << proxies[p]->name << " " << of_file[t][p].reason);
      CHECK(bit_equal(by_threads[t][p], by_threads[0][p]));
      CHECK(bit_equal(of_file[t][p], of_file[0][p]));
      CHECK(of_file[t][p].reason == of_file[0][p].reason);
      if (of_file[t][p].status == ScoreStatus::ok) ++scored;
    }
  }
  CHECK(scored > 4 * 30);
}

TEST_CASE("functionally equal cells have equal scores") {
  // A skip in front; isomorphic by swapping nodes 1 and 2; a convolution that
  // nothing reads.
  const std::vector<std::string> equal{
      "|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|",
      "|skip_connect~0|+|none~0|nor_conv_3x3~1|+|none~0|none~1|skip_connect~2|",
      "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2|",
      "|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|none~0|skip_connect~1|none~"
      "2|"};
  std::vector<const Descriptor*> proxies;
  for (const Descriptor* proxy : without_knas()) {
    if (proxy->needs.folding == graph::Folding::functional) {
      proxies.push_back(proxy);
    }
  }
  REQUIRE(proxies.size() > 10);
  const Evaluator evaluator = make_evaluator(proxies);
  const auto first = evaluator.score(build(equal[0]), proxies);
  for (const auto& spec : equal) {
    const auto scores = evaluator.score(build(spec), proxies);
    for (std::size_t p = 0; p < proxies.size(); ++p) {
      INFO(spec << " " << proxies[p]->name);
      CHECK(bit_equal(scores[p], first[p]));
    }
  }
}

TEST_CASE("where every layer is read both graphs give the same bits") {
  const auto proxies = select_proxies({"core", "grasp", "expressivity"});
  const Evaluator evaluator = make_evaluator(proxies);
  const auto functional = evaluator.score(build(kCell), proxies);
  const auto declared =
      evaluator.score(build(kCell, graph::Folding::as_declared), proxies);
  for (std::size_t p = 0; p < proxies.size(); ++p) {
    INFO(proxies[p]->name);
    CHECK(bit_equal(functional[p], declared[p]));
  }
}

TEST_CASE("the seed draws the weights") {
  const auto proxies = select_proxies({"synflow"});
  EvaluatorOptions options;
  options.batch_size = kBatch;
  options.seed = 1;
  const Evaluator other(proxies, options, kShape, 10, {});
  const Evaluator evaluator = make_evaluator(proxies);
  CHECK(
      evaluator.score(build(kCell), proxies)[0].value !=
      other.score(build(kCell), proxies)[0].value);
}

TEST_CASE("a dead cell: no NASWOT, zeros for the gradients") {
  const std::string dead =
      "|none~0|+|none~0|none~1|+|none~0|nor_conv_3x3~1|avg_pool_3x3~2|";
  const auto proxies =
      select_proxies({"core", "jacob_cov", "expressivity", "zen"});
  const auto scores = make_evaluator(proxies).score(build(dead), proxies);
  CHECK(scores[1].value == 0);  // grad_norm
  CHECK(scores[2].value == 0);  // synflow
  CHECK(scores[3].status == ScoreStatus::degenerate);
  CHECK(scores[4].value == 0);  // zico
  for (std::size_t i = 5; i < scores.size(); ++i) {
    CHECK(scores[i].status == ScoreStatus::degenerate);
    CHECK_FALSE(scores[i].reason.empty());
  }
}

TEST_CASE("too few minibatches for a proxy: no score and a reason") {
  const auto proxies = select_proxies({"knas", "zico"});
  const auto scores = make_evaluator(proxies).score(build(kCell), proxies);
  CHECK(scores[0].status == ScoreStatus::degenerate);
  CHECK(scores[0].reason.find("--minibatches 4") != std::string::npos);
  CHECK(scores[1].status == ScoreStatus::ok);
}

TEST_CASE("wrong options are refused with their name") {
  const auto zico = select_proxies({"zico"});
  EvaluatorOptions options;
  options.batch_size = kBatch;
  options.precision = "fp8";
  CHECK_THROWS_AS(
      Evaluator(zico, options, kShape, 10, minibatches()), UserError);
  options.precision = "fp32";
  options.device = "cuda:0";
  CHECK_THROWS_AS(
      Evaluator(zico, options, kShape, 10, minibatches()), UserError);
  options.device = "cpu";
  CHECK_THROWS_AS(Evaluator(zico, options, kShape, 10, {}), UserError);
  CHECK_THROWS_AS(
      make_evaluator(zico).score(build(kCell), std::vector<float>(3), zico),
      UserError);
}
