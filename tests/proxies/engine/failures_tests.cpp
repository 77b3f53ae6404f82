// A proxy scores alone what it scores among all, whatever goes wrong.
#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>

#include <bit>
#include <limits>
#include <numeric>
#include <string>

#include "common/random.h"
#include "proxies/engine/evaluator.h"
#include "proxies/registry.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::engine;
using namespace zcp::proxies;

namespace {

constexpr int kBatch = 6;
const Shape kShape{3, 8, 8};

std::vector<Minibatch> minibatches(int classes) {
  std::vector<Minibatch> all;
  for (std::uint64_t i = 0; i < 4; ++i) {
    Minibatch minibatch{kBatch, kShape, {}, {}};
    minibatch.x.resize(static_cast<std::size_t>(kBatch * kShape.elements()));
    minibatch.y.resize(kBatch);
    fill_normal(minibatch.x, 1.0F, i);
    fill_integers(minibatch.y, classes, i);
    minibatch.y[0] = classes - 1;
    all.push_back(std::move(minibatch));
  }
  return all;
}

/// A TorchScript file: `between` stands between its convolution and its
/// classifier of 10 outputs, whose first weight is `first`.
class ModelFile {
 public:
  explicit ModelFile(const std::string& between = "", double first = 0.0) {
    torch::jit::Module module("net");
    const auto weight = [&](at::IntArrayRef sizes, double step) {
      const std::int64_t count = c10::multiply_integers(sizes);
      const at::Tensor values = (at::arange(count) * step).sin().view(sizes);
      if (sizes.size() == 2) values[0][0] = first;
      return values.requires_grad_(true);
    };
    torch::jit::Module conv("conv");
    conv.register_parameter("weight", weight({4, 3, 3, 3}, 0.7), false);
    torch::jit::Module linear("linear");
    linear.register_parameter("weight", weight({10, 4}, 1.3), false);
    module.register_module("conv", conv);
    module.register_module("linear", linear);
    module.define(
        "def forward(self, x):\n"
        "    y = torch.relu(torch.conv2d(x, self.conv.weight))\n" +
        between +
        "    return torch.linear(torch.mean(y, [2, 3]), self.linear.weight)\n");
    module.save(path().string());
  }

  std::filesystem::path path() const { return folder_.path() / "net.pt"; }

 private:
  test::TemporaryFolder folder_;
};

Evaluator make_evaluator(
    const std::vector<const Descriptor*>& proxies,
    const std::vector<Minibatch>& data,
    std::int64_t memory_limit = 0) {
  EvaluatorOptions options;
  options.batch_size = kBatch;
  options.minibatches = static_cast<int>(data.size());
  options.memory_limit = memory_limit;
  return {proxies, options, kShape, 10, data};
}

/// The scores of all proxies, after each was compared with its score alone.
std::vector<Score> scores_of(
    const ModelFile& model,
    const std::vector<Minibatch>& data) {
  const auto proxies = select_proxies({"all"});
  const auto together =
      make_evaluator(proxies, data).score_model(model.path(), proxies);
  REQUIRE(together.size() == proxies.size());
  REQUIRE(proxies.size() > 40);
  for (std::size_t i = 0; i < proxies.size(); ++i) {
    const std::vector<const Descriptor*> one{proxies[i]};
    const Score alone =
        make_evaluator(one, data).score_model(model.path(), one)[0];
    INFO(
        proxies[i]->name << ": " << alone.reason << " / "
                         << together[i].reason);
    CHECK(alone.status == together[i].status);
    CHECK(alone.reason == together[i].reason);
    CHECK(
        std::bit_cast<std::uint64_t>(alone.value) ==
        std::bit_cast<std::uint64_t>(together[i].value));
    CHECK_FALSE(together[i].transient);
  }
  return together;
}

Score score_named(const std::string& name, const std::vector<Score>& scores) {
  const auto proxies = select_proxies({"all"});
  for (std::size_t i = 0; i < proxies.size(); ++i) {
    if (proxies[i]->name == name) return scores[i];
  }
  FAIL("no proxy is named " << name);
  return {};
}

}  // namespace

TEST_CASE("a network that does everything scores alone as among all") {
  const auto scores = scores_of(ModelFile(), minibatches(10));
  for (const char* name : {"snip", "naswot", "swap", "gradsign", "vkdnw"}) {
    CAPTURE(name);
    CHECK(score_named(name, scores).status == ScoreStatus::ok);
  }
}

TEST_CASE("labels without an output end the losses alone") {
  const ModelFile model;
  const auto good = scores_of(model, minibatches(10));
  const auto scores = scores_of(model, minibatches(13));
  for (const char* name :
       {"naswot",
        "nwot",
        "swap",
        "linear_regions",
        "jacob_cov",
        "synflow",
        "ntk_trace"}) {
    CAPTURE(name);
    CHECK(score_named(name, scores).status == ScoreStatus::ok);
    CHECK(score_named(name, scores).value == score_named(name, good).value);
  }
  for (const char* name : {"snip", "zico", "fisher", "gradsign", "grasp"}) {
    CAPTURE(name);
    CHECK(score_named(name, scores).status == ScoreStatus::failed);
    CHECK(
        score_named(name, scores).reason ==
        "label 12, but the network has 10 outputs");
  }
}

TEST_CASE("a backward pass that throws leaves what needs none") {
  // Its derivative by the first argument is not implemented.
  const ModelFile model("    y = torch.igamma(y + 1.0, y * 0.0 + 1.0)\n");
  const auto scores = scores_of(model, minibatches(10));
  for (const char* name : {"naswot", "swap", "linear_regions", "near"}) {
    CAPTURE(name);
    CHECK(score_named(name, scores).status == ScoreStatus::ok);
  }
  for (const char* name : {"snip", "jacob_cov", "synflow", "ntk_trace"}) {
    CAPTURE(name);
    CHECK(score_named(name, scores).status == ScoreStatus::failed);
    CHECK_FALSE(score_named(name, scores).reason.empty());
  }
}

TEST_CASE("NaN in the images is named by each proxy that reads them") {
  const ModelFile model;
  auto data = minibatches(10);
  const auto good = scores_of(model, data);
  data[0].x[static_cast<std::size_t>(3 * kShape.elements() + 5)] =
      std::numeric_limits<float>::quiet_NaN();
  const auto scores = scores_of(model, data);
  const auto proxies = select_proxies({"all"});
  int reading = 0;
  for (std::size_t i = 0; i < proxies.size(); ++i) {
    CAPTURE(proxies[i]->name);
    if (proxies[i]->needs.inputs()) {
      ++reading;
      CHECK(scores[i].status == ScoreStatus::degenerate);
      CHECK(
          scores[i].reason ==
          "the images hold NaN (first in image 3, counted from 0)");
    } else {
      CHECK(scores[i].status == good[i].status);
      CHECK(scores[i].value == good[i].value);
    }
  }
  CHECK(reading > 20);
}

TEST_CASE("NaN in the second minibatch ends those who see it") {
  auto data = minibatches(10);
  data[1].x[0] = std::numeric_limits<float>::quiet_NaN();
  const auto scores = scores_of(ModelFile(), data);
  CHECK(score_named("snip", scores).status == ScoreStatus::ok);
  CHECK(
      score_named("zico", scores).reason ==
      "the images hold NaN (first in image 6, counted from 0)");
}

TEST_CASE("a weight that is no number is named") {
  for (const double weight :
       {std::numeric_limits<double>::quiet_NaN(),
        -std::numeric_limits<double>::infinity()}) {
    const auto scores = scores_of(ModelFile("", weight), minibatches(10));
    const auto proxies = select_proxies({"all"});
    CHECK(score_named("params", scores).value == 4 * 27 + 40);
    for (std::size_t i = 0; i < proxies.size(); ++i) {
      CAPTURE(proxies[i]->name);
      const std::string name(proxies[i]->name);
      if (name == "params" || name == "macs") continue;
      CHECK(scores[i].status != ScoreStatus::ok);
    }
    for (const char* name : {"naswot", "gradsign", "swap", "zico", "zen"}) {
      CAPTURE(name);
      const std::string reason = score_named(name, scores).reason;
      CHECK(reason.ends_with(
          "net.pt: the parameter 'linear.weight' holds NaN or an infinite "
          "value, expected numbers"));
    }
  }
}

TEST_CASE("a network whose output holds NaN has no score of what it computes") {
  // Before the logarithm everything is finite, and so are all derivatives.
  const ModelFile model("    y = torch.log(y - 1000.0)\n");
  const auto scores = scores_of(model, minibatches(10));
  const auto proxies = select_proxies({"all"});
  int running = 0;
  for (std::size_t i = 0; i < proxies.size(); ++i) {
    CAPTURE(proxies[i]->name);
    const PassKind pass = proxies[i]->needs.pass;
    if (pass == PassKind::structure || pass == PassKind::weights) continue;
    ++running;
    CHECK(scores[i].status != ScoreStatus::ok);
    CHECK_FALSE(scores[i].reason.empty());
  }
  CHECK(running > 40);
  for (const char* name : {"naswot", "jacob_cov", "meco", "l_swag", "swap"}) {
    CAPTURE(name);
    CHECK(score_named(name, scores).reason == "the network's output holds NaN");
  }
}

TEST_CASE("epe_nas needs two samples of a class") {
  auto data = minibatches(10);
  std::iota(data[0].y.begin(), data[0].y.end(), 0);
  const auto scores = scores_of(ModelFile(), data);
  CHECK(
      score_named("epe_nas", scores).reason ==
      "no class has two samples in the minibatch");
  data[0].y[1] = 0;
  CHECK(
      score_named("epe_nas", scores_of(ModelFile(), data)).status ==
      ScoreStatus::ok);
}

TEST_CASE("logsynflow: a negative derivative has no logarithm") {
  const auto scores =
      scores_of(ModelFile("    y = 3.0 - y\n"), minibatches(10));
  CHECK(score_named("synflow", scores).status == ScoreStatus::ok);
  CHECK(
      score_named("logsynflow", scores).reason ==
      "overflow of float64, or a negative derivative, which has no logarithm");
}

TEST_CASE("the signs of gradients that are no numbers are no score") {
  // The square root of 0 has an infinite derivative, times 0.
  for (const char* between :
       {"    y = y + torch.sqrt(y - y)\n",
        "    y = (y + torch.sqrt(y - y)).view(1, -1).view(y.shape)\n"}) {
    CAPTURE(between);
    const auto scores = scores_of(ModelFile(between), minibatches(10));
    for (const char* name : {"gradsign", "grad_norm", "snip", "zico"}) {
      CAPTURE(name);
      CHECK(score_named(name, scores).status != ScoreStatus::ok);
      CHECK(score_named(name, scores).reason == "a gradient is not finite");
    }
    CHECK(score_named("naswot", scores).status == ScoreStatus::ok);
  }
}

TEST_CASE("a network that does not run has its size and a reason") {
  // A batch size that was fixed when the file was written.
  const ModelFile model("    y = y.view(5, 4, 6, 6)\n");
  const auto scores = scores_of(model, minibatches(10));
  CHECK(score_named("params", scores).value == 4 * 27 + 40);
  CHECK(score_named("l2_norm", scores).status == ScoreStatus::ok);
  for (const char* name : {"macs", "snip", "naswot", "zen", "synflow"}) {
    CAPTURE(name);
    const Score score = score_named(name, scores);
    CHECK(score.status == ScoreStatus::failed);
    CHECK(score.reason.find("net.pt") != std::string::npos);
    CHECK(score.reason.find("5, 4, 6, 6") != std::string::npos);
  }
}

TEST_CASE("a memory limit refuses what needs more, not to be stored") {
  const ModelFile model;
  const auto proxies = select_proxies({"params", "snip"});
  const auto scores = make_evaluator(proxies, minibatches(10), 1000)
                          .score_model(model.path(), proxies);
  CHECK(scores[0].status == ScoreStatus::ok);
  CHECK(scores[1].status == ScoreStatus::failed);
  CHECK(scores[1].transient);
  CHECK(scores[1].reason.find("--memory allows") != std::string::npos);
}
