#include "common/error.h"
#include "proxies/engine/device.h"
#include "tests/support/test_files.h"

using namespace zcp::engine;

TEST_CASE("precisions and devices by name") {
  CHECK(tensor_options("fp32", "cpu").dtype() == at::kFloat);
  CHECK(tensor_options("fp64", "cpu").dtype() == at::kDouble);
  CHECK(tensor_options("bf16", "cpu").dtype() == at::kBFloat16);
  CHECK(tensor_options("fp32", "cpu").device().is_cpu());
  CHECK_THROWS_WITH_AS(
      tensor_options("fp16", "cpu"),
      "--precision fp16: expected fp32, bf16, fp64, or on CUDA devices tf32",
      zcp::UserError);
  CHECK_THROWS_WITH_AS(
      tensor_options("tf32", "cpu"),
      "--precision tf32: a processor has no such products; expected fp32, bf16 "
      "or fp64",
      zcp::UserError);
  CHECK_THROWS_WITH_AS(
      tensor_options("fp32", "tpu"),
      "--device tpu: expected cpu or cuda:N",
      zcp::UserError);
}
