// A layer is what it computes: the same function scores the same whichever
// operator multiplies with its weights.
#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>

#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "nets/networks/model_summary.h"
#include "proxies/engine/evaluator.h"
#include "proxies/registry.h"
#include "tests/nets/networks/make_script.h"
#include "tests/proxies/engine/noise_evaluator.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::engine;
using namespace zcp::proxies;

namespace {

constexpr int kBatch = 6;
const Shape kShape{3, 4, 4};  // 48 numbers
constexpr std::int64_t kHidden = 7;

using Named = std::vector<std::pair<std::string, at::Tensor>>;

at::Tensor weight(at::IntArrayRef sizes, double step) {
  const std::int64_t count = c10::multiply_integers(sizes);
  return (at::arange(count) * step).sin().view(sizes);
}

std::map<std::string, Score> scores_of(
    const Named& parameters,
    const std::string& source) {
  const test::ScriptFile file(parameters, source);
  const auto proxies = select_proxies({"all"});
  EvaluatorOptions options;
  options.batch_size = kBatch;
  options.minibatches = 4;
  options.precision = "fp64";
  const auto scores = zcp::test::noise_evaluator(proxies, options, kShape, 5)
                          .score_model(file.path(), proxies);
  std::map<std::string, Score> named;
  for (std::size_t i = 0; i < proxies.size(); ++i) {
    named[std::string(proxies[i]->name)] = scores[i];
  }
  return named;
}

/// The two matrices of the network, as PyTorch's linear layers have them.
struct Layers {
  at::Tensor first = weight({kHidden, 48}, 0.7);
  at::Tensor second = weight({5, kHidden}, 1.3);
  at::Tensor offset = weight({5}, 0.4);
};

std::map<std::string, Score> of_linear_layers() {
  const Layers layers;
  return scores_of(
      {{"first_weight", layers.first},
       {"second_weight", layers.second},
       {"offset", layers.offset}},
      R"(
def forward(self, x):
    y = torch.relu(torch.linear(x.flatten(1), self.first_weight))
    return torch.linear(y, self.second_weight, self.offset)
)");
}

void check_alike(
    const std::map<std::string, Score>& expected,
    const std::map<std::string, Score>& found,
    const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    CAPTURE(name);
    CAPTURE(found.at(name).reason);
    REQUIRE(expected.at(name).status == ScoreStatus::ok);
    REQUIRE(found.at(name).status == ScoreStatus::ok);
    CHECK(
        found.at(name).value ==
        doctest::Approx(expected.at(name).value).epsilon(1e-9));
  }
}

const std::vector<std::string> kOfWeights{
    "params",
    "macs",
    "l2_norm",
    "grad_norm",
    "grad_norm_total",
    "snip",
    "grasp",
    "plain",
    "synflow",
    "logsynflow",
    "jacob_cov",
    "zico",
    "knas",
    "gradsign",
    "ntk_trace",
    "vkdnw",
    "naswot"};

}  // namespace

TEST_CASE("products: x W with W of [in, out], as GPT-2's layers have it") {
  const Layers layers;
  const auto found = scores_of(
      {{"first_weight", layers.first.t().contiguous()},
       {"second_weight", layers.second.t().contiguous()},
       {"offset", layers.offset}},
      R"(
def forward(self, x):
    y = torch.relu(torch.mm(x.flatten(1), self.first_weight))
    return torch.addmm(self.offset, y, self.second_weight)
)");
  const auto expected = of_linear_layers();
  auto names = kOfWeights;
  std::erase(names, "knas");  // takes the first 50 numbers of a weight
  check_alike(expected, found, names);
  check_alike(expected, found, {"fisher", "intrain"});
}

TEST_CASE("products: casts to float16 and bfloat16 change nothing") {
  // As a trace under autocast has them, and as people write them.
  const Layers layers;
  for (const auto type : {at::kHalf, at::kBFloat16, at::kFloat}) {
    CAPTURE(type);
    const std::string cast =
        ".to(" + std::to_string(static_cast<int>(type)) + ")";
    const auto found = scores_of(
        {{"first_weight", layers.first},
         {"second_weight", layers.second},
         {"offset", layers.offset}},
        "def forward(self, x):\n"
        "    y = torch.linear(x.flatten(1)" +
            cast + ", self.first_weight" + cast +
            ")\n"
            "    y = torch.relu(y)\n"
            "    return torch.addmm(self.offset" +
            cast + ", y, self.second_weight" + cast + ".t())\n");
    check_alike(of_linear_layers(), found, kOfWeights);
    check_alike(of_linear_layers(), found, {"fisher", "intrain"});
  }
}

TEST_CASE("products: a weight that is used as it is and transposed") {
  // The gradients of both uses add up, so that each sample is run by itself.
  const at::Tensor square = weight({48, 48}, 0.7);
  const auto of = [&](const char* back) {
    return scores_of(
        {{"w", square}},
        std::string("def forward(self, x):\n"
                    "    y = torch.relu(torch.linear(x.flatten(1), self.w))\n"
                    "    return ") +
            back + "[:, :5]\n");
  };
  const auto expected = of("torch.linear(y, self.w.t())");
  for (const char* back : {"torch.mm(y, self.w)", "torch.matmul(y, self.w)"}) {
    CAPTURE(back);
    check_alike(
        expected, of(back), {"gradsign", "fisher", "ntk_trace", "zico"});
  }
}

TEST_CASE("products: a batch of products with a weight that is expanded") {
  const Layers layers;
  const auto found = scores_of(
      {{"first_weight", layers.first},
       {"second_weight", layers.second.t().contiguous()},
       {"offset", layers.offset}},
      R"(
def forward(self, x):
    y = torch.relu(torch.linear(x.flatten(1), self.first_weight))
    w = self.second_weight.unsqueeze(0).expand(x.size(0), -1, -1)
    return torch.bmm(y.unsqueeze(1), w).squeeze(1) + self.offset
)");
  auto expected = of_linear_layers();
  // An addition is no bias: it multiplies nothing.
  expected["macs"].value -= 5;
  auto names = kOfWeights;
  std::erase(names, "vkdnw");  // takes the first number of a weight
  check_alike(expected, found, names);
  CHECK(found.at("fisher").reason.starts_with("'second_weight' is used in"));
}

TEST_CASE("products: W x, einsum and tensordot count and have gradients") {
  const Layers layers;
  const char* const ways[] = {
      "torch.matmul(self.second_weight, y.t()).t()",
      "torch.einsum('ni,oi->no', [y, self.second_weight])",
      "torch.einsum('oi, ...i -> ...o', [self.second_weight, y])",
      "torch.tensordot(y, self.second_weight, [1], [1])"};
  auto expected = of_linear_layers();
  expected["macs"].value -= 5;
  for (const char* way : ways) {
    CAPTURE(way);
    const auto found = scores_of(
        {{"first_weight", layers.first},
         {"second_weight", layers.second},
         {"offset", layers.offset}},
        std::string("def forward(self, x):\n"
                    "    y = torch.relu(torch.linear(x.flatten(1), "
                    "self.first_weight))\n"
                    "    return ") +
            way + " + self.offset\n");
    check_alike(expected, found, kOfWeights);
    CHECK(found.at("fisher").status == ScoreStatus::degenerate);
    CHECK(found.at("fisher").reason.starts_with("'second_weight' is used in"));
    CHECK(found.at("intrain").reason == found.at("fisher").reason);
  }
}

TEST_CASE("products: a weight that is a product of parameters is no weight") {
  const Named factors = {
      {"left", weight({5, 2}, 0.7)}, {"right", weight({2, 48}, 1.3)}};
  const char* const ways[] = {
      "torch.matmul(self.left, self.right)",
      "torch.einsum('or,ri->oi', [self.left, self.right])"};
  for (const char* way : ways) {
    CAPTURE(way);
    const auto found = scores_of(
        factors,
        std::string("def forward(self, x):\n"
                    "    return torch.linear(x.flatten(1), ") +
            way + ")\n");
    CHECK(found.at("params").value == 5 * 2 + 2 * 48);
    CHECK(found.at("macs").value == 5 * 48);
    CHECK(found.at("grad_norm_total").status == ScoreStatus::ok);
    for (const char* name : {"l2_norm", "grad_norm", "snip", "fisher"}) {
      CAPTURE(name);
      CHECK(found.at(name).status != ScoreStatus::ok);
      CHECK(found.at(name).reason.starts_with("the weight of a layer is"));
    }
  }
}

TEST_CASE("products: of parameters alone, which are added, are no layer") {
  const Named parameters = {
      {"first_weight", weight({5, 48}, 0.7)},
      {"left", weight({1, 2}, 0.7)},
      {"right", weight({2, 5}, 1.3)}};
  const double norm = parameters[0].second.norm().item<double>();
  const char* const ways[] = {
      "torch.matmul(self.left, self.right)",
      "torch.einsum('or,ri->oi', [self.left, self.right])"};
  for (const char* way : ways) {
    CAPTURE(way);
    const auto found = scores_of(
        parameters,
        std::string("def forward(self, x):\n"
                    "    y = torch.linear(x.flatten(1), self.first_weight)\n"
                    "    return y + ") +
            way + "\n");
    CHECK(found.at("l2_norm").value == doctest::Approx(norm).epsilon(1e-6));
    CHECK(found.at("macs").value == 5 * 48);
    CHECK(found.at("fisher").status == ScoreStatus::ok);
  }
}

TEST_CASE("products: MACs of contractions by hand") {
  const auto macs_of = [](const Named& parameters, const std::string& body) {
    const test::ScriptFile file(
        parameters, "def forward(self, x):\n    " + body + "\n");
    return networks::summarise_model({file.path()}, kShape, {}).macs;
  };
  // 5 outputs of 3 x 4 each, and a bias.
  CHECK(
      macs_of(
          {{"w", weight({5, 3, 4}, 0.3)}, {"b", weight({5}, 0.2)}},
          "return torch.bilinear(x[:, :, 0, 0], x[:, 0, 0], self.w, self.b)") ==
      5 * 12 + 5);
  // n c h w d: 3 channels to 5 at 16 places.
  CHECK(
      macs_of(
          {{"w", weight({5, 3}, 0.3)}},
          "return torch.einsum('nchw,dc->ndhw', [x, self.w]).mean([2, 3])") ==
      16 * 3 * 5);
  // (a b) first, 4 x 3 x 5, then 4 x 5 x 6, at 4 places of h.
  CHECK(
      macs_of(
          {{"a", weight({3, 5}, 0.3)}, {"b", weight({5, 6}, 0.3)}},
          "return torch.einsum('nchw,cd,de->nehw', [x, self.a, self.b])"
          ".mean([2, 3])") == 16 * (3 * 5 + 5 * 6));
  // Two factors that are both computed from the input are no layer.
  CHECK(
      macs_of(
          {{"w", weight({4}, 0.3)}},
          "return torch.bmm(x[:, 0], x[:, 1]).mean(1) * self.w") == 0);
}

TEST_CASE("products: without a layer that has weights there is no sum over") {
  const auto found = scores_of(
      {{"w", weight({5, 4, 4}, 0.3)}},
      "def forward(self, x):\n"
      "    return torch.relu(torch.bilinear(x[:, 0, 0], x[:, 1, 1], "
      "self.w))\n");
  CHECK(found.at("macs").value == 5 * 16);
  for (const char* name :
       {"l2_norm",
        "grad_norm",
        "snip",
        "grasp",
        "plain",
        "synflow",
        "fisher",
        "zico",
        "gradsign",
        "intrain"}) {
    CAPTURE(name);
    CHECK(found.at(name).status != ScoreStatus::ok);
    CHECK(found.at(name).reason == "no layer has weights");
  }
  CHECK(found.at("grad_norm_total").status == ScoreStatus::ok);
}
