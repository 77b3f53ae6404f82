#include <set>

#include "common/error.h"
#include "proxies/registry.h"
#include "tests/support/test_files.h"

using namespace zcp::engine;
using namespace zcp::proxies;

TEST_CASE("names and aliases are unique, every descriptor is complete") {
  std::set<std::string> names;
  REQUIRE(registry().size() > 40);
  for (const Descriptor& proxy : registry()) {
    CHECK(names.insert(proxy.name).second);
    for (const auto& alias : proxy.aliases) CHECK(names.insert(alias).second);
    CHECK_FALSE(proxy.family.empty());
    CHECK_FALSE(proxy.formula.empty());
    CHECK((proxy.published == "higher" || proxy.published == "lower"));
    CHECK_FALSE(proxy.dtype.empty());
    CHECK_FALSE(proxy.degenerate.empty());
    CHECK_FALSE(proxy.variant.empty());
    CHECK_FALSE(proxy.paper.empty());
    CHECK_FALSE(proxy.reference.empty());
    CHECK(static_cast<bool>(proxy.make));
  }
}

TEST_CASE("groups in the order and under the names that they are printed") {
  REQUIRE(groups().size() == 2);
  CHECK(groups()[0].name == "core");
  CHECK(
      groups()[0].members ==
      std::vector<std::string>{
          "params", "grad_norm", "synflow", "naswot", "zico"});
  CHECK(groups()[1].name == "suite-zero");
  CHECK(
      groups()[1].members == std::vector<std::string>{
                                 "epe_nas",
                                 "fisher",
                                 "flops",
                                 "grad_norm",
                                 "grasp",
                                 "jacov",
                                 "l2_norm",
                                 "nwot",
                                 "params",
                                 "plain",
                                 "snip",
                                 "synflow",
                                 "zen"});
}

TEST_CASE("groups and aliases resolve, in order and once each") {
  const auto core = select_proxies({"core", "grad_norm", "flops", "macs"});
  REQUIRE(core.size() == 6);
  CHECK(core[0]->name == "params");
  CHECK(core[4]->name == "zico");
  CHECK(core[5]->name == "macs");
  CHECK(select_proxies({"suite-zero"}).size() == 13);
  CHECK(select_proxies({"all"}).size() == registry().size());
}

TEST_CASE("an unknown proxy names the nearest") {
  CHECK_THROWS_AS(select_proxies({}), zcp::UserError);
  try {
    find_proxy("synflw");
    FAIL("no error");
  } catch (const zcp::UserError& error) {
    CHECK(std::string(error.what()).find("synflow") != std::string::npos);
  }
}

TEST_CASE("registry: names that people use elsewhere lead to the proxy") {
  using zcp::proxies::find_proxy;
  CHECK(find_proxy("zen_score").name == "zen");
  CHECK(find_proxy("Zen-Score").name == "zen");
  CHECK(find_proxy("jacov").name == "jacob_cov");
  CHECK(find_proxy("GradNorm").name == "grad_norm");
  CHECK(find_proxy("ZiCo").name == "zico");
  const auto refusal = [](const char* name) {
    try {
      find_proxy(name);
    } catch (const zcp::UserError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(refusal("zen_scor").find("did you mean zen?") != std::string::npos);
  CHECK(refusal("expressive").find("expressivity?") != std::string::npos);
  // The literature means several numbers by it.
  CHECK(refusal("ntk").find("ntk_condition") != std::string::npos);
  CHECK(refusal("qqq").find("did you mean") == std::string::npos);
}
