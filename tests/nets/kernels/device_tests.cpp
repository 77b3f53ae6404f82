#include "common/error.h"
#include "nets/kernels/device.h"
#include "tests/support/test_files.h"

TEST_CASE("devices by name") {
  CHECK(zcp::kernels::find_device("cpu").is_cpu());
  CHECK_THROWS_WITH_AS(
      zcp::kernels::find_device("tpu"),
      "--device tpu: expected cpu or cuda:N",
      zcp::UserError);
}

TEST_CASE("the CPU has no queue of its own") {
  CHECK_FALSE(zcp::kernels::own_stream(c10::Device("cpu")).has_value());
}
