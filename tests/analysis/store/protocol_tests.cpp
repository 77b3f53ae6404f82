#include <doctest/doctest.h>

#include "analysis/store/protocol.h"

using namespace zcp::store;

TEST_CASE("protocol: the first field in alphabetical order that differs") {
  const Protocol stored{{"batch_size", "64"}, {"seed", "0"}, {"task", "x"}};
  CHECK_FALSE(first_difference(stored, stored).has_value());
  Protocol asked = stored;
  asked["task"] = "y";
  asked["seed"] = "1";
  const auto changed = first_difference(stored, asked);
  REQUIRE(changed.has_value());
  CHECK(changed->field == "seed");
  CHECK(changed->stored == "0");
  CHECK(changed->asked == "1");
}

TEST_CASE("protocol: a field that one side lacks differs, but for the data") {
  const Protocol small{{"seed", "0"}};
  const Protocol large{{"init", "default"}, {"seed", "0"}};
  const auto added = first_difference(small, large);
  REQUIRE(added.has_value());
  CHECK(added->field == "init");
  CHECK_FALSE(added->stored.has_value());
  CHECK(added->asked == "default");
  const auto missing = first_difference(large, small);
  REQUIRE(missing.has_value());
  CHECK_FALSE(missing->asked.has_value());
  const Protocol data{{"data", "0123"}, {"seed", "0"}};
  const Protocol other{{"data", "4567"}, {"seed", "0"}};
  CHECK_FALSE(first_difference(small, data).has_value());
  CHECK_FALSE(first_difference(data, small).has_value());
  CHECK(first_difference(data, other).has_value());
}

TEST_CASE("protocol: this machine has a name and a processor") {
  const Provenance made = this_machine();
  CHECK_FALSE(made.host.empty());
  CHECK_FALSE(made.cpu.empty());
  CHECK(made.threads >= 1);
}
