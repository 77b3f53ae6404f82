#include "proxies/engine/descriptor.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::engine;

TEST_CASE("a score has a value or a reason") {
  const Score score = Score::of(2.5);
  CHECK(score.status == ScoreStatus::ok);
  CHECK(score.value == 2.5);
  CHECK(score.reason.empty());
  const Score none = Score::degenerate("no ReLU");
  CHECK(none.status == ScoreStatus::degenerate);
  CHECK(none.reason == "no ReLU");
}

TEST_CASE("a variant keeps the description, not what holds for one proxy") {
  Descriptor proxy;
  proxy.name = "base";
  proxy.aliases = {"other"};
  proxy.formula = "sum of w";
  proxy.needs = {.pass = PassKind::noise, .activations = true};
  proxy.core = true;
  proxy.suite_zero = "base";
  proxy.bfloat16_tau = 0.99;
  const Descriptor variant = variant_of(proxy);
  CHECK(variant.formula == "sum of w");
  CHECK(variant.needs.pass == PassKind::noise);
  CHECK(variant.needs.activations);
  CHECK(variant.name.empty());
  CHECK(variant.aliases.empty());
  CHECK_FALSE(variant.core);
  CHECK(variant.suite_zero.empty());
  CHECK_FALSE(variant.bfloat16_tau.has_value());
}

TEST_CASE("passes over minibatches and the Jacobian need inputs") {
  CHECK(Needs{.pass = PassKind::minibatch}.inputs());
  CHECK(Needs{.pass = PassKind::jacobian}.inputs());
  CHECK(Needs{.pass = PassKind::own, .minibatches = 1}.inputs());
  CHECK_FALSE(Needs{.pass = PassKind::own}.inputs());
  CHECK_FALSE(Needs{.pass = PassKind::noise}.inputs());
  CHECK_FALSE(Needs{.pass = PassKind::synflow}.inputs());
}
