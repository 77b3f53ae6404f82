#include <doctest/doctest.h>

#include "apps/provenance.h"
#include "apps/version.h"

TEST_CASE("a run names the program, the call and the libraries") {
  const auto run = zcp::apps::this_run("zcp score --all", 3);
  CHECK(run.version == zcp::apps::version());
  CHECK(run.command == "zcp score --all");
  CHECK(run.threads == 3);
  CHECK_FALSE(run.libtorch.empty());
  CHECK_FALSE(run.blas.empty());
}
