#include <ATen/Context.h>

#include "nets/kernels/device_arithmetic.h"
#include "tests/support/test_files.h"

using namespace zcp::kernels;

TEST_CASE("device arithmetic: exact and repeatable, tf32 where asked for") {
  const at::Context& context = at::globalContext();
  set_device_arithmetic(Float32Products::tf32);
  CHECK(context.allowTF32CuDNN());
  CHECK(context.allowTF32CuBLAS());
  set_device_arithmetic(Float32Products::exact);
  CHECK_FALSE(context.allowTF32CuDNN());
  CHECK_FALSE(context.allowTF32CuBLAS());
  CHECK(context.deterministicCuDNN());
  CHECK_FALSE(context.benchmarkCuDNN());
}
