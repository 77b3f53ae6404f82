// The names by which people call spaces.
#include <doctest/doctest.h>

#include "nets/spaces/space.h"
#include "nets/spaces/space_names.h"

TEST_CASE("space names: every spelling leads to the space") {
  using zcp::spaces::find_space;
  for (const char* name :
       {"nats-tss",
        "NATS_TSS",
        "nas-bench-201",
        "NAS-Bench-201",
        "nb201",
        "nasbench201",
        "nats-bench-tss"}) {
    CHECK_MESSAGE(find_space(name).info().name == "nats-tss", name);
  }
  CHECK(find_space("nb301").info().name == "darts");
  CHECK(find_space("nb101").info().name == "nas-bench-101");
  CHECK(find_space("NASBench360").info().name == "nas-bench-360");
  CHECK_THROWS_WITH(
      find_space("nats-tsss"),
      "unknown space nats-tsss, did you mean nats-tss? (zcp spaces lists "
      "them)");
}

TEST_CASE("space names: no name stands for two spaces") {
  for (const auto& space : zcp::spaces::all_spaces()) {
    const std::string own = space->info().name;
    CHECK(zcp::spaces::find_space(own).info().name == own);
    for (const std::string& other : zcp::spaces::other_space_names(own)) {
      CHECK(zcp::spaces::find_space(other).info().name == own);
    }
  }
}
