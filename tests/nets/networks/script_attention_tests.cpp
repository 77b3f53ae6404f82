// What is taken for attention in programs of users, and its linear layers.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "nets/networks/script_network.h"
#include "tests/nets/networks/make_script.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::networks;
using zcp::test::ScriptFile;

namespace {

/// A pass in which attention is recorded.
Recording observed(const Network& network, const at::Tensor& x) {
  const at::NoGradGuard no_grad;
  Recording recording;
  recording.scope.attention = true;
  network.forward(x, BatchNormMode::batch_statistics, &recording);
  return recording;
}

std::map<LinearRole, int> roles(const Recording& recording) {
  std::map<LinearRole, int> counts;
  for (const LayerCall& call : recording.calls) {
    if (call.kind == LayerKind::linear) ++counts[call.role];
  }
  return counts;
}

constexpr const char* kWords = R"(
def forward(self, words):
    x = torch.embedding(self.table, words)
    q = torch.linear(x, self.q)
    k = torch.linear(x, self.k)
    scores = torch.matmul(q, k.transpose(1, 2)) / 2.0
    weights = torch.dropout(torch.softmax(scores, -1), 0.1, True)
    y = torch.matmul(weights, torch.linear(x, self.v))
    x = x + torch.linear(y, self.o)
    return torch.linear(torch.gelu(torch.linear(x, self.up)), self.down)
)";

ScriptFile words_file() {
  at::manual_seed(3);
  return ScriptFile(
      {{"table", at::randn({20, 4})},
       {"q", at::randn({4, 4})},
       {"k", at::randn({4, 4})},
       {"v", at::randn({4, 4})},
       {"o", at::randn({4, 4})},
       {"up", at::randn({8, 4})},
       {"down", at::randn({4, 8})}},
      kWords);
}

}  // namespace

TEST_CASE("attention: a vision transformer whose projections are packed") {
  const auto network =
      load_script_network(zcp::test::golden("net_vit.pt"), at::kFloat);
  CHECK(network->word_features() == 0);
  const Recording seen = observed(*network, at::randn({3, 3, 16, 16}));
  REQUIRE(seen.attentions.size() == 2);
  for (const AttentionCall& call : seen.attentions) {
    CHECK(call.query.sizes() == at::IntArrayRef({3, 2, 17, 8}));
    CHECK(call.weights.sizes() == at::IntArrayRef({3, 2, 17, 17}));
    CHECK(at::allclose(call.weights.sum(-1), at::ones({3, 2, 17})));
    CHECK(at::allclose(at::matmul(call.weights, call.value), call.output));
    const at::Tensor scores =
        at::matmul(call.query, call.key.transpose(-2, -1));
    const at::Tensor once = at::softmax(scores, -1);
    const at::Tensor scaled = at::softmax(scores / std::sqrt(8.0), -1);
    CHECK(
        (at::allclose(once, call.weights) ||
         at::allclose(scaled, call.weights, 1e-4)));
  }
  const auto counts = roles(seen);
  CHECK(counts.at(LinearRole::packed) == 2);
  CHECK(counts.at(LinearRole::output) == 2);
  CHECK(counts.at(LinearRole::feed_forward) == 4);
  CHECK(counts.at(LinearRole::none) == 1);  // the classifier
}

TEST_CASE("attention: words in a file of one's own") {
  const ScriptFile file = words_file();
  const auto network = load_script_network(file.path(), at::kDouble);
  CHECK(network->word_features() == 4);
  CHECK(network->vocabulary() == 20);
  const at::Tensor words = at::arange(10).view({2, 5});
  const Recording seen = observed(*network, words);
  REQUIRE(seen.attentions.size() == 1);
  CHECK(seen.attentions[0].weights.sizes() == at::IntArrayRef({2, 5, 5}));
  const auto counts = roles(seen);
  for (const LinearRole role :
       {LinearRole::query,
        LinearRole::key,
        LinearRole::value,
        LinearRole::output}) {
    CHECK(counts.at(role) == 1);
  }
  CHECK(counts.at(LinearRole::feed_forward) == 2);
  // Their embeddings in the place of the words.
  const auto run = [&](const at::Tensor& x) {
    return network->forward(x, BatchNormMode::batch_statistics, nullptr);
  };
  CHECK(at::equal(run(words), run(network->embed(words))));
  CHECK_THROWS_AS(run(at::randn({2, 3, 4, 4})), std::invalid_argument);
}

TEST_CASE("attention: words that are read beside their embeddings") {
  at::manual_seed(5);
  const ScriptFile file(
      {{"table", at::randn({20, 4})}, {"w", at::randn({3, 4})}},
      R"(
def forward(self, words):
    x = torch.embedding(self.table, words, 0)
    seen = (words != 0).to(x.dtype).unsqueeze(-1)
    return torch.linear((x * seen).sum(1) / seen.sum(1), self.w)
)");
  const auto network = load_script_network(file.path(), at::kDouble);
  const at::Tensor words = at::tensor({3, 0, 5, 7, 0, 0}).view({2, 3});
  const auto mode = BatchNormMode::batch_statistics;
  const at::Tensor embedded = network->embed(words);
  CHECK(at::equal(
      network->forward_embedded(embedded, words, mode, nullptr),
      network->forward(words, mode, nullptr)));
  CHECK(embedded.size(2) == 4);
  // Noise stands for embeddings, not for what is padding.
  CHECK_THROWS_WITH_AS(
      network->forward(at::ones({1, 3, 4}, at::kDouble), mode, nullptr),
      doctest::Contains("reads its words beside their embeddings"),
      std::invalid_argument);
}

TEST_CASE("attention: in a branch and in a loop of a script") {
  at::manual_seed(6);
  const ScriptFile file(
      {{"q", at::randn({4, 4})}, {"k", at::randn({4, 4})}},
      R"(
def forward(self, x):
    for i in range(2):
        if x.size(0) > 1:
            weights = torch.softmax(torch.linear(x, self.q) @ torch.linear(x, self.k).transpose(1, 2), -1)
            x = weights @ x
    return x
)");
  const auto network = load_script_network(file.path(), at::kDouble);
  const Recording seen = observed(*network, at::randn({2, 3, 4}, at::kDouble));
  CHECK(seen.attentions.size() == 2);
  CHECK(roles(seen).at(LinearRole::query) == 2);
}

TEST_CASE("attention: a mask hides words") {
  const std::string body = R"(:
    x = torch.embedding(self.table, words)
    q = torch.linear(x, self.q)
    scores = torch.matmul(q, x.transpose(1, 2))
    scores = scores.masked_fill(SEEN.unsqueeze(1) == 0, -1.0e9)
    return torch.matmul(torch.softmax(scores, -1), x).sum(1)
)";
  const auto network_of = [&](const std::string& inputs,
                              const std::string& seen) {
    at::manual_seed(4);
    std::string source = "\ndef forward(self, words" + inputs + ")" + body;
    source.replace(source.find("SEEN"), 4, seen);
    const ScriptFile file(
        {{"table", at::randn({20, 4})}, {"q", at::randn({4, 4})}}, source);
    return load_script_network(file.path(), at::kDouble);
  };
  const auto network = network_of(", attention_mask", "attention_mask");
  CHECK(network->takes_mask());
  CHECK(network->word_features() == 4);
  CHECK_FALSE(
      load_script_network(words_file().path(), at::kDouble)->takes_mask());
  const auto run = [](const ScriptNetwork& of, const at::Tensor& x) {
    return of.forward(x, BatchNormMode::batch_statistics, nullptr);
  };
  // 3, 1, 4 seen, and 15 hidden; 3, 1, 4, 15 and none hidden.
  const at::Tensor hidden =
      at::tensor({3, 1, 4, -1 - 15}, at::kLong).view({1, 4});
  const at::Tensor all = at::tensor({3, 1, 4, 15}, at::kLong).view({1, 4});
  const Recording recording = observed(*network, hidden);
  REQUIRE(recording.attentions.size() == 1);
  const at::Tensor weights = recording.attentions[0].weights;
  CHECK(weights.select(2, 3).abs().max().item<double>() == 0);
  CHECK(weights.select(2, 2).min().item<double>() > 0);
  CHECK_FALSE(at::equal(run(*network, hidden), run(*network, all)));
  // What the hidden word is does not matter but to itself.
  const at::Tensor other =
      at::tensor({3, 1, 4, -1 - 16}, at::kLong).view({1, 4});
  const Recording second = observed(*network, other);
  CHECK(at::equal(
      second.attentions[0].weights.slice(1, 0, 3), weights.slice(1, 0, 3)));
  // Embeddings in the place of the words keep the mask.
  const at::Tensor embedded = network->embed(hidden);
  CHECK(at::equal(embedded, network->embed(all)));
  CHECK(at::equal(
      network->forward_embedded(
          embedded, hidden, BatchNormMode::batch_statistics, nullptr),
      run(*network, hidden)));
  CHECK(at::equal(run(*network, embedded), run(*network, all)));
  // PyTorch's padding masks are true where a word is hidden.
  const auto padding =
      network_of(", src_key_padding_mask", "(1 - src_key_padding_mask.long())");
  CHECK(at::equal(run(*padding, hidden), run(*network, hidden)));
  CHECK(at::equal(run(*padding, all), run(*network, all)));
}

TEST_CASE("attention: the query as its layer makes it, scaled or not") {
  at::manual_seed(4);
  const at::Tensor packed = at::randn({12, 4}, at::kDouble);
  const at::Tensor x = at::randn({2, 5, 4}, at::kDouble);
  const at::Tensor query = at::linear(x, packed.slice(0, 0, 4));
  const auto seen = [&](const std::string& q, const std::string& scores) {
    const ScriptFile file(
        {{"w", packed}},
        "def forward(self, x):\n"
        "    q, k, v = torch.linear(x, self.w).chunk(3, -1)\n" +
            q + "    weights = torch.softmax(" + scores +
            ", -1)\n    return torch.matmul(weights, v)\n");
    const auto network = load_script_network(file.path(), at::kDouble);
    const Recording recording = observed(*network, x);
    REQUIRE(recording.attentions.size() == 1);
    return recording.attentions[0].query.square().mean().item<double>();
  };
  const double expected = query.square().mean().item<double>();
  const std::string product = "torch.matmul(q, k.transpose(1, 2))";
  for (const double found :
       {seen("", product + " / 2.0"),
        seen("    q = q / 2.0\n", product),
        seen("    q = (q * 0.5).contiguous().reshape([2, 5, 4])\n", product),
        seen("    q = q.clone()\n    q.mul_(0.5)\n", product),
        seen("    k = k * 0.5\n", product)}) {
    CHECK(found == doctest::Approx(expected).epsilon(1e-12));
  }
}

TEST_CASE("attention: none where a softmax is something else") {
  const ScriptFile file(
      {{"w", at::ones({5, 3})}},
      R"(
def forward(self, x):
    return torch.softmax(torch.linear(x, self.w), -1)
)");
  const auto network = load_script_network(file.path(), at::kFloat);
  const Recording seen = observed(*network, at::ones({2, 3}));
  CHECK(seen.attentions.empty());
  CHECK(roles(seen).at(LinearRole::none) == 1);
}
