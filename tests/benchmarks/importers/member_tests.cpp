// Members of a space.
#include "benchmarks/importers/member.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp::importers;

TEST_CASE("member: in the form of the space, or refused with the place") {
  CHECK(
      member_spec("nats-tss", "(4, 0, 3, 1, 4, 3)", "f") ==
      "|avg_pool_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|"
      "avg_pool_3x3~1|nor_conv_1x1~2|");
  CHECK(
      zcp::test::user_error([] { member_spec("nats-sss", "8:8", "f:3"); }) ==
      "f:3: no member of nats-sss: spec '8:8': found 2 number(s) of channels, "
      "expected 5 between colons, like 8:16:24:32:64");
  CHECK(is_member("nats-sss", "8:16:24:32:64"));
  CHECK_FALSE(is_member("nats-sss", "(4, 0, 3, 1, 4, 3)"));
}
