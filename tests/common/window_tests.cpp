// Windows by hand.
#include <stdexcept>

#include "common/window.h"
#include "tests/support/test_files.h"

using zcp::Window;

TEST_CASE("windows: how many lie along a side") {
  CHECK(Window{3, 1, 1}.count(32) == 32);
  CHECK(Window{3, 2, 1}.count(32) == 16);
  CHECK(Window{7, 2, 3}.count(224) == 112);
  CHECK(Window{2, 2, 0}.count(5) == 2);
  CHECK(Window{5, 1, 4, 2}.count(9) == 9);
  CHECK(Window{3, 1, 0, 2}.count(5) == 1);
  CHECK_THROWS_AS(Window({3, 1, 0, 2}).count(4), std::invalid_argument);
}

TEST_CASE("windows: the pixel under a tap") {
  const Window window{3, 2, 1, 2};
  CHECK(window.pixel(0, 0) == -1);
  CHECK(window.pixel(0, 2) == 3);
  CHECK(window.pixel(4, 1) == 9);
}
