#include <doctest/doctest.h>

#include <vector>

#include "proxies/engine/cost.h"
#include "proxies/registry.h"

namespace {

using zcp::engine::PassCounts;
using zcp::engine::relative_cost;

double cost(const char* proxy, const PassCounts& counts = {}) {
  return relative_cost(zcp::proxies::find_proxy(proxy), counts);
}

}  // namespace

TEST_CASE("cost: what runs nothing costs nothing") {
  for (const char* proxy : {"params", "macs", "l2_norm", "nn_mass"}) {
    CHECK(cost(proxy) == 0);
  }
}

TEST_CASE("cost: every proxy that runs a network costs something") {
  for (const auto& proxy : zcp::proxies::registry()) {
    const auto pass = proxy.needs.pass;
    if (pass == zcp::engine::PassKind::structure ||
        pass == zcp::engine::PassKind::weights) {
      continue;
    }
    CAPTURE(proxy.name);
    CHECK(relative_cost(proxy, {}) > 0);
  }
}

TEST_CASE("cost: what proxies share counts once") {
  const auto all = [](std::initializer_list<const char*> names) {
    std::vector<const zcp::engine::Descriptor*> proxies;
    for (const char* name : names) {
      proxies.push_back(&zcp::proxies::find_proxy(name));
    }
    return relative_cost(proxies, {});
  };
  CHECK(all({}) == 0);
  CHECK(all({"grad_norm", "snip", "naswot", "zico"}) == cost("zico"));
  CHECK(all({"grad_norm", "jacob_cov"}) == cost("grad_norm"));
  // Another initialiser is another network.
  CHECK(
      all({"naswot", "linear_regions"}) ==
      cost("naswot") + cost("linear_regions"));
  CHECK(all({"grad_norm", "grasp"}) == cost("grad_norm") + cost("grasp"));
  // The same kernel, the same Jacobian.
  CHECK(all({"ntk_condition", "ntk_trace"}) == cost("ntk_condition"));
  CHECK(all({"vkdnw", "vkdnw_fim"}) == cost("vkdnw"));
  CHECK(all({"gradsign", "zen"}) == cost("gradsign") + cost("zen"));
}

TEST_CASE("cost: passes are counted") {
  CHECK(cost("naswot") == 1);
  CHECK(cost("grad_norm") == 2.5);
  CHECK(cost("zico") == 5);
  CHECK(cost("zico", {.minibatches = 4}) == 10);
  CHECK(cost("grad_norm", {.minibatches = 4}) == 2.5);
  // A single input, whatever the batch.
  CHECK(cost("synflow", {.batch_size = 50}) == doctest::Approx(0.1));
  // A backward pass a sample.
  CHECK(cost("ntk_condition") > 10 * cost("zico"));
  CHECK(
      cost("ntk_condition", {.batch_size = 32}) ==
      doctest::Approx(cost("ntk_condition") / 2));
  // A pass a class, of many classes one a parameter tensor.
  CHECK(cost("vkdnw", {.classes = 100}) == 10 * cost("vkdnw"));
  CHECK(cost("vkdnw", {.classes = 1000}) == cost("vkdnw", {.classes = 257}));
  CHECK(cost("vkdnw", {.classes = 1000}) < cost("vkdnw", {.classes = 256}));
}
