#include <torch/version.h>

#include "proxies/engine/backend.h"
#include "tests/support/test_files.h"

TEST_CASE("provenance names LibTorch's version, the BLAS and oneDNN") {
  const auto facts = zcp::engine::backend_description();
  REQUIRE(facts.size() == 3);
  CHECK(facts[0].first == "libtorch");
  CHECK(facts[0].second == TORCH_VERSION);
  CHECK(facts[1].first == "blas");
  CHECK_FALSE(facts[1].second.empty());
  CHECK(facts[2].first == "onednn");
  CHECK((facts[2].second == "yes" || facts[2].second == "no"));
}
