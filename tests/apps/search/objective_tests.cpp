#include <doctest/doctest.h>

#include "apps/search/objective.h"
#include "tests/support/temporary.h"

using namespace zcp;
using namespace zcp::apps;
using Strings = std::vector<std::string>;

TEST_CASE("objectives: columns, signs, composites") {
  const auto objectives = parse_objectives(
      "zico,-params,cifar100:naswot,mine=log_rank(a,b),az_nas");
  CHECK(objectives.size() == 5);
  CHECK(objectives[0].name == "zico");
  CHECK_FALSE(objectives[0].less);
  CHECK(objectives[1].name == "params");
  CHECK(objectives[1].less);
  CHECK(objectives[2].columns() == Strings{"cifar100:naswot"});
  CHECK(objectives[3].name == "mine");
  CHECK(objectives[3].columns() == Strings{"a", "b"});
  CHECK(
      objectives[4].columns() ==
      Strings{"expressivity", "progressivity", "trainability", "macs"});
}

TEST_CASE("objectives: what is refused") {
  const auto refusal = [](const std::string& list) {
    return test::user_error([&] { parse_objectives(list); });
  };
  CHECK(refusal("zico,-zico") == "--by zico,-zico: zico comes twice");
  CHECK(refusal("-").starts_with("--by -: expected a proxy"));
  CHECK(refusal("--zico").starts_with("--by --zico: expected a proxy"));
  CHECK(refusal(",") == "--by ,: expected one objective or more");
}
