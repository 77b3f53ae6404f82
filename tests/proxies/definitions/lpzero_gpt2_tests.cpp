// LPZero's formula for GPT-2 on layers as GPT-2 has them: [inputs, outputs],
// with a row for each token of each sample.
#include <torch/script.h>

#include <cmath>
#include <vector>

#include "proxies/engine/evaluator.h"
#include "proxies/registry.h"
#include "tests/nets/networks/make_script.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::engine;

namespace {

constexpr const char* kAttention =
    "def forward(self, x):\n"
    "    rows = x.reshape([-1, 4])\n"
    "    q = torch.addmm(self.qb, rows, self.q).reshape([-1, 6, 5])\n"
    "    k = torch.addmm(self.kb, rows, self.k).reshape([-1, 6, 5])\n"
    "    v = torch.addmm(self.vb, rows, self.v).reshape([-1, 6, 5])\n"
    "    seen = torch.softmax(torch.matmul(q, k.transpose(1, 2)), -1)\n"
    "    y = torch.matmul(seen, v).mean([1])\n"
    "    return torch.linear(y, self.head, self.hb)\n";

at::Tensor drawn(at::IntArrayRef sizes) {
  return at::randn(sizes, at::kDouble).requires_grad_(true);
}

/// The same network, and the formula as it is written.
double by_hand(
    const at::Tensor& x,
    const at::Tensor& y,
    const std::vector<at::Tensor>& w) {
  const at::Tensor rows = x.reshape({-1, 4});
  const auto layer = [&](std::size_t i) {
    return (rows.matmul(w[i]) + w[i + 3]).reshape({-1, 6, 5});
  };
  const at::Tensor scores = layer(0).matmul(layer(1).transpose(1, 2));
  const at::Tensor mixed = scores.softmax(-1).matmul(layer(2)).mean(1);
  const at::Tensor logits = mixed.matmul(w[6].t()) + w[7];
  const at::Tensor loss = at::cross_entropy_loss(logits, y);
  loss.backward();
  double sum = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const at::Tensor shares = w[i].grad().softmax(0);
    sum += w[i].square().mean().item<double>() +
           shares.square().mean().item<double>();
  }
  return sum / 3;
}

}  // namespace

TEST_CASE("lpzero_gpt2: layers that are stored as GPT-2 stores them") {
  at::manual_seed(4);
  std::vector<at::Tensor> w;
  for (int i = 0; i < 3; ++i) w.push_back(drawn({4, 5}));
  for (int i = 0; i < 3; ++i) w.push_back(drawn({5}));
  w.push_back(drawn({3, 5}));
  w.push_back(drawn({3}));
  const zcp::test::ScriptFile file(
      {{"q", w[0]},
       {"k", w[1]},
       {"v", w[2]},
       {"qb", w[3]},
       {"kb", w[4]},
       {"vb", w[5]},
       {"head", w[6]},
       {"hb", w[7]}},
      kAttention);
  const at::Tensor x = at::randn({7, 1, 6, 4}, at::kFloat);
  Minibatch minibatch{7, {1, 6, 4}, {}, {0, 1, 2, 2, 1, 0, 1}};
  minibatch.x.assign(x.data_ptr<float>(), x.data_ptr<float>() + x.numel());
  EvaluatorOptions options;
  options.batch_size = 7;
  options.minibatches = 1;
  options.precision = "fp64";
  const auto proxies = proxies::select_proxies({"lpzero_gpt2"});
  const Evaluator evaluator(proxies, options, {1, 6, 4}, 3, {minibatch});
  const Score score = evaluator.score_model({file.path()}, proxies)[0];
  INFO(score.reason);
  REQUIRE(score.status == ScoreStatus::ok);
  const double expected =
      by_hand(x.to(at::kDouble), at::tensor(minibatch.y, at::kLong), w);
  CHECK(std::abs(score.value - expected) <= 1e-12 * expected);
}
