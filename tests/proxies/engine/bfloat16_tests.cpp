#include "proxies/engine/bfloat16.h"
#include "proxies/registry.h"
#include "tests/support/test_files.h"

using namespace zcp::engine;
using zcp::proxies::find_proxy;

TEST_CASE("in bf16 only proxies run whose ranking was measured to hold") {
  Descriptor proxy;
  CHECK(refusal_in_bfloat16(proxy) == "not measured in bf16");
  proxy.bfloat16_tau = 0.9499;
  CHECK(
      refusal_in_bfloat16(proxy) ==
      "does not hold in bf16: tau 0.95 with its fp32 scores");
  proxy.bfloat16_tau = 0.95;
  CHECK_FALSE(refusal_in_bfloat16(proxy).has_value());
}

TEST_CASE("the measured proxies of docs/performance.md run in bf16 or do not") {
  CHECK_FALSE(refusal_in_bfloat16(find_proxy("params")).has_value());
  CHECK_FALSE(refusal_in_bfloat16(find_proxy("zico")).has_value());
  CHECK(
      refusal_in_bfloat16(find_proxy("plain")) ==
      "does not hold in bf16: tau 0.73 with its fp32 scores");
  CHECK(
      refusal_in_bfloat16(find_proxy("jacob_cov")) ==
      "does not hold in bf16: tau 0.76 with its fp32 scores");
  // A variant does not inherit what was measured of its base.
  CHECK(refusal_in_bfloat16(find_proxy("zico_bc")) == "not measured in bf16");
}

TEST_CASE("users of bf16 are told how far it can be trusted") {
  const std::string text = describe_bfloat16();
  CHECK(text.find("tau 0.95 or more") != std::string::npos);
}
