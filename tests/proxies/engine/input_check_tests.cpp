#include <limits>
#include <vector>

#include "proxies/engine/input_check.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::engine;

TEST_CASE("the first sample with a value that is not finite is named") {
  std::vector<float> values(12, 1.0F);  // 4 samples of 3
  CHECK_FALSE(describe_not_finite(values, 4, 0, "images", "image"));
  values[10] = std::numeric_limits<float>::infinity();
  CHECK(
      describe_not_finite(values, 4, 0, "images", "image") ==
      "the images hold an infinite value (first in image 3, counted from 0)");
  values[5] = std::numeric_limits<float>::quiet_NaN();
  CHECK(
      describe_not_finite(values, 4, 8, "numbers", "sample") ==
      "the numbers hold NaN (first in sample 9, counted from 0)");
  CHECK_FALSE(describe_not_finite({}, 4, 0, "numbers", "sample"));
}
